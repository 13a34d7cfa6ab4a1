#pragma once

#include <string>
#include <string_view>

#include "bellwether/report/review.hpp"

#include "view.hpp"

/// Writing for a terminal of 100 columns.
namespace bellwether::report {

constexpr int columns = 100;

enum class Tone { plain, strong, faint, urgent, warn, good };

/// Collects lines; paints only when asked, and after everything is laid out.
class Page {
public:
    explicit Page(bool colour) : colour_(colour) {}
    [[nodiscard]] std::string paint(std::string_view text, Tone tone) const;
    void line(std::string_view text = {}, Tone tone = Tone::plain);
    /// A label in its column, then the text wrapped beside it. `tone` is that of the text.
    void entry(int indent, std::string_view label, std::string_view text, Tone tone = Tone::plain);
    void heading(std::string_view text);
    [[nodiscard]] const std::string& str() const { return out_; }

private:
    bool colour_;
    std::string out_;
};

/// The head that every report has: title, banner, basis, cautions.
void write_head(Page& page, const std::string& title, const std::string& banner,
                const std::vector<std::string>& cautions, const std::string& basis);
void write_alert(Page& page, const AlertView& alert, bool in_full);
void write_options(Page& page, int indent, const std::vector<OptionView>& options);

[[nodiscard]] std::string text_of(const Review& review, bool colour);
[[nodiscard]] std::string text_of(const PatientPage& page, bool colour);

}  // namespace bellwether::report
