#include "bellwether/report/review.hpp"

#include "html.hpp"
#include "json.hpp"
#include "text.hpp"

namespace bellwether::report {
namespace {

template <class Report>
std::string dispatch(const Report& report, Format format, bool colour) {
    switch (format) {
        case Format::text:
            return text_of(report, colour);
        case Format::json:
            return json_of(report);
        case Format::html:
            return html_of(report);
    }
    return {};
}

}  // namespace

std::string_view to_string(Standing s) {
    switch (s) {
        case Standing::new_:
            return "new";
        case Standing::worse:
            return "worse";
        case Standing::still_open:
            return "still_open";
        case Standing::resolved:
            return "resolved";
        case Standing::withdrawn:
            return "withdrawn";
    }
    return "";
}

std::string render(const Review& review, Format format, bool colour) {
    return dispatch(review, format, colour);
}
std::string render(const PatientPage& page, Format format, bool colour) {
    return dispatch(page, format, colour);
}

}  // namespace bellwether::report
