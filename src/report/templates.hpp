#pragma once

#include <map>
#include <string>

/// The documents as Mustache templates (mustache.github.io/mustache.5.html): {{x}} is escaped, {{{x}}} is not
/// and is used for pictures of our own and the style sheet only. A name that an inner map lacks is looked up
/// outside: every map sets all of its names.
namespace bellwether::report {

extern const char* const style_sheet;
extern const char* const review_template;
extern const char* const page_template;
/// By name: head, alert, option, legend.
[[nodiscard]] const std::map<std::string, std::string>& partial_templates();

}  // namespace bellwether::report
