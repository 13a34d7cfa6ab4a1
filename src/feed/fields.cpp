#include "fields.hpp"

namespace bellwether::feed {
namespace {

using F = Field;

constexpr std::array<std::string_view, field_count> names = {
    "patient",        "taken",        "channel", "value",      "unit",     "censor",    "lod",
    "missing_reason", "accession",    "assay",   "laboratory", "specimen", "replicate", "scheduled",
    "status",         "released",     "trial",   "arm",        "site",     "sex",       "birth_year",
    "day_zero",       "regimen",      "start",   "stop",       "dose",     "reason",    "at",
    "turn",           "kind",         "term",    "date",       "resolved", "grade",     "lesion",
    "role",           "nodal",        "organ",   "diameter",   "state",    "name",      "day",
    "window_before",  "window_after", "channels"};

const std::vector<FieldUse> long_observations = {
    {F::patient, true},    {F::taken, true},      {F::channel, true},     {F::value, true},
    {F::unit, false},      {F::censor, false},    {F::lod, false},        {F::missing_reason, false},
    {F::accession, false}, {F::assay, false},     {F::laboratory, false}, {F::specimen, false},
    {F::replicate, false}, {F::scheduled, false}, {F::status, false},     {F::released, false}};

const std::vector<FieldUse> wide_observations = {
    {F::patient, true},     {F::taken, true},     {F::accession, false}, {F::assay, false},
    {F::laboratory, false}, {F::specimen, false}, {F::replicate, false}, {F::scheduled, false},
    {F::status, false},     {F::released, false}};

const std::vector<FieldUse> patients = {{F::patient, true},   {F::trial, false},  {F::arm, false},
                                        {F::site, false},     {F::sex, false},    {F::birth_year, false},
                                        {F::day_zero, false}, {F::status, false}, {F::released, false}};

const std::vector<FieldUse> therapy = {{F::patient, true}, {F::regimen, true},  {F::start, true},
                                       {F::stop, false},   {F::dose, false},    {F::reason, false},
                                       {F::status, false}, {F::released, false}};

const std::vector<FieldUse> switches = {{F::patient, true}, {F::regimen, true},  {F::at, true},
                                        {F::turn, true},    {F::dose, false},    {F::reason, false},
                                        {F::status, false}, {F::released, false}};

const std::vector<FieldUse> events = {{F::patient, true}, {F::kind, true},      {F::term, false},
                                      {F::date, true},    {F::resolved, false}, {F::grade, false},
                                      {F::status, false}, {F::released, false}};

const std::vector<FieldUse> lesions = {
    {F::patient, true}, {F::lesion, true},    {F::taken, true},  {F::role, false},   {F::nodal, false},
    {F::organ, false},  {F::diameter, false}, {F::state, false}, {F::status, false}, {F::released, false}};

const std::vector<FieldUse> schedule = {
    {F::trial, true},          {F::arm, false},          {F::name, true},    {F::day, true},
    {F::window_before, false}, {F::window_after, false}, {F::channels, true}};

}  // namespace

std::string_view to_string(Field f) {
    return names[static_cast<std::size_t>(f)];
}

const std::vector<FieldUse>& fields_of(Kind kind, Shape shape) {
    switch (kind) {
        case Kind::observations:
            return shape == Shape::wide ? wide_observations : long_observations;
        case Kind::patients:
            return patients;
        case Kind::therapy:
            return shape == Shape::switches ? switches : therapy;
        case Kind::events:
            return events;
        case Kind::lesions:
            return lesions;
        case Kind::schedule:
            break;
    }
    return schedule;
}

const std::vector<std::string>& vocabulary(Field f) {
    static const std::vector<std::string> none,
        censor = {"none", "left", "right"}, yes_no = {"yes", "no"}, sex = {"unknown", "female", "male"},
        turn = {"on", "off"}, role = {"target", "non_target", "new"},
        status = {"preliminary", "final", "corrected", "cancelled"},
        state = {"measured", "too_small", "absent", "not_evaluable", "present", "unequivocal_progression",
                 "equivocal"};
    switch (f) {
        case F::censor:
            return censor;
        case F::scheduled:
        case F::nodal:
            return yes_no;
        case F::sex:
            return sex;
        case F::turn:
            return turn;
        case F::role:
            return role;
        case F::status:
            return status;
        case F::state:
            return state;
        case F::kind:
            return event_kind_names();
        default:
            return none;
    }
}

}  // namespace bellwether::feed
