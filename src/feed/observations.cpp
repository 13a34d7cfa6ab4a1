#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/core/units.hpp"

#include "decode.hpp"
#include "parse.hpp"

namespace bellwether::feed {
namespace {

/// A channel of the feed with what the catalogue knows of it.
struct Entry {
    const ChannelEntry* told;
    const Channel* channel;
    std::vector<AcceptedUnit> units;  ///< spellings seen so far, or all that are accepted
};

bool holds(const std::vector<std::string>& marks, std::string_view text) {
    return std::find(marks.begin(), marks.end(), text) != marks.end();
}

class Observations : public Decoder {
public:
    Observations(const Profile& profile, const ChannelCatalogue& catalogue) : profile_(profile) {
        for (const auto& told : profile.channels) {
            index_.emplace(told.feed_name, entries_.size());
            entries_.push_back({&told, &catalogue.at(told.channel), told.accepted});
        }
    }

    bool row(Row& row, const Emit& emit, const RefuseCell& refuse) override {
        Observation common;
        common.patient = row.known_patient();
        if (profile_.shape == Shape::wide) {
            read_common(row, common);
            const Version version = row.version(common.taken);
            for (auto& entry : entries_)
                read_wide_cell(row, entry, common, version, emit, refuse);
            return true;
        }
        const auto name = row.required(Field::channel);
        const auto found = index_.find(name);
        if (found == index_.end()) {
            if (profile_.ignore_unlisted) return false;
            row.refuse(Field::channel, "F002", fmt::format("unknown channel '{}'", name),
                       suggestion(name, feed_names()));
        }
        read_common(row, common);
        read_long_row(row, entries_[found->second], std::move(common), emit);
        return true;
    }

private:
    /// How much of a cell was a value; the limit is in the channel's unit.
    struct Given {
        int column;
        std::string_view text;
        double factor;
        std::optional<double> lod;
        Censor censor;
    };

    std::vector<std::string> feed_names() const {
        std::vector<std::string> out;
        for (const auto& e : entries_)
            out.push_back(e.told->feed_name);
        return out;
    }

    static void read_common(const Row& row, Observation& o) {
        (void)row.required(Field::taken);
        const auto time = row.time(Field::taken);
        o.taken = time->date;
        o.minute = time->minute;
        o.accession = row.text(Field::accession);
        o.assay = row.text(Field::assay);
        o.laboratory = row.text(Field::laboratory);
        o.specimen = row.text(Field::specimen);
        o.replicate = row.whole(Field::replicate, 1, 1000).value_or(1);
        if (!row.cell(Field::scheduled).empty()) o.scheduled = row.word(Field::scheduled, 1) == 0;
    }

    /// Factor from the row's unit to the channel's; F003.
    static double unit_of(const Row& row, Entry& entry, Observation& o) {
        const auto spelling = row.cell(Field::unit);
        const auto& fixed = entry.told->fixed;
        if (spelling.empty()) {
            if (!fixed) {
                row.refuse(Field::unit, "F003", "the unit is not stated",
                           fmt::format("state it, or declare 'unit:' for '{}' in the profile",
                                       entry.told->feed_name));
            }
            o.unit_reported = fixed->spelling;
            return fixed->factor;
        }
        o.unit_reported = spelling;
        for (const auto& u : entry.units) {
            if (u.spelling == spelling) return u.factor;
        }
        const bool open = entry.told->accepted.empty();
        const auto factor = open ? conversion_factor(spelling, entry.channel->unit) : std::nullopt;
        if (!factor) {
            row.refuse(
                Field::unit, "F003",
                fmt::format("unit '{}' is not declared for '{}'", spelling, entry.told->feed_name),
                fmt::format("declare it under 'units:' in the profile (kept as {})", entry.channel->unit));
        }
        entry.units.push_back({std::string(spelling), *factor});
        return *factor;
    }

    void read_long_row(const Row& row, Entry& entry, Observation&& o, const Emit& emit) {
        Version version = row.version(o.taken);
        const int column = row.file().binding.column(Field::value);
        Given given{column, row.cell(Field::value), 1.0, std::nullopt, Censor::none};
        o.channel = entry.channel->name;
        o.text_reported = given.text;
        if (version.status == Status::cancelled) {
            o.unit_reported = row.cell(Field::unit);
            o.missing_reason = "cancelled";
        } else {
            const auto because = row.cell(Field::missing_reason);
            const auto why = profile_.reasons.find(std::string(given.text));
            given.censor = static_cast<Censor>(row.word(Field::censor, 0));
            if (why != profile_.reasons.end()) {
                o.missing_reason = why->second;
            } else if (given.text.empty() && given.censor == Censor::none) {
                o.missing_reason = because.empty() ? std::string_view("no value") : because;
            } else {
                given.factor = unit_of(row, entry, o);
                given.lod = row.number(row.file().binding.column(Field::lod));
                if (given.lod) *given.lod *= given.factor;
                o.reading = reading(row, entry, given);
            }
        }
        emit({std::move(o), std::move(version)});
    }

    void read_wide_cell(const Row& row, Entry& entry, const Observation& common, const Version& version,
                        const Emit& emit, const RefuseCell& refuse) {
        const int column = row.file().binding.column(entry.told->feed_name);
        Given given{column, row.cell(column), 1.0, std::nullopt, Censor::none};
        if (given.text.empty()) return;
        try {
            Observation o = common;
            o.channel = entry.channel->name;
            o.text_reported = given.text;
            const auto why = profile_.reasons.find(std::string(given.text));
            if (version.status == Status::cancelled) {
                o.missing_reason = "cancelled";
            } else if (why != profile_.reasons.end()) {
                o.missing_reason = why->second;
            } else {
                o.unit_reported = entry.told->fixed->spelling;
                given.factor = entry.told->fixed->factor;
                given.lod = row.number(row.file().binding.column(entry.told->lod_column));
                if (given.lod) *given.lod *= given.factor;
                o.reading = reading(row, entry, given);
            }
            emit({std::move(o), version});
        } catch (BadCell& bad) {
            refuse(std::move(bad));
        }
    }

    /// The value with its censoring: by a mark (ND), a comparator (<0.1), the censor column, or by lying
    /// below the limit of detection.
    static Reading reading(const Row& row, const Entry& entry, const Given& given) {
        const auto lod = given.lod ? given.lod : entry.told->lod ? entry.told->lod : entry.channel->lod;
        if (holds(entry.told->below, given.text) || (given.text.empty() && given.censor == Censor::left)) {
            if (!lod) {
                row.refuse(given.column, "F024", "below the limit of detection, but no limit is known",
                           "give a column 'lod', or 'lod:' of the channel in the profile");
            }
            return checked(row, entry, given, {*lod, Censor::left});
        }
        auto text = given.text;
        const Censor mark = take_comparator(text);
        if (mark != Censor::none && given.censor != Censor::none && mark != given.censor) {
            row.refuse(given.column, "F025", fmt::format("'{}' contradicts the censor column", given.text),
                       "correct one of the two");
        }
        Reading r{number(row, given, text) * given.factor, mark != Censor::none ? mark : given.censor};
        if (r.censor == Censor::none && lod && r.value >= 0.0 && r.value < *lod) r = {*lod, Censor::left};
        return checked(row, entry, given, r);
    }

    static double number(const Row& row, const Given& given, std::string_view text) {
        const auto x = parse_number(text, row.file().profile.decimal);
        if (x.bad == BadNumber::ambiguous) {
            row.refuse(given.column, "F021", fmt::format("'{}' can be read in two ways", given.text),
                       "declare the decimal sign in the profile: 'table: {decimal: \",\"}'");
        }
        if (x.bad == BadNumber::form) {
            row.refuse(given.column, "F020", fmt::format("'{}' is not a number", given.text),
                       "correct it, or declare the mark under 'missing', 'reasons' or 'below'");
        }
        return x.value;
    }

    static Reading checked(const Row& row, const Entry& entry, const Given& given, Reading r) {
        const Channel& c = *entry.channel;
        if (c.scale == Scale::log && r.value <= 0.0) {
            row.refuse(given.column, "F023",
                       fmt::format("'{}' is not above zero, as {} must be", given.text, c.name),
                       "an undetectable value needs a mark and a limit of detection: <0.1, or 'lod:' in the "
                       "profile");
        }
        if ((c.low && r.value < *c.low) || (c.high && r.value > *c.high)) {
            row.refuse(
                given.column, "F022",
                fmt::format("{} {} is physically impossible for {}", r.value, c.unit, c.name),
                fmt::format("possible: {} to {}; is the unit right?", c.low ? shortest(*c.low) : "anything",
                            c.high ? shortest(*c.high) : "anything"));
        }
        return r;
    }

    const Profile& profile_;
    std::vector<Entry> entries_;
    TextMap<std::size_t> index_;
};

}  // namespace

std::unique_ptr<Decoder> observation_decoder(const Profile& profile, const ChannelCatalogue& catalogue) {
    return std::make_unique<Observations>(profile, catalogue);
}

}  // namespace bellwether::feed
