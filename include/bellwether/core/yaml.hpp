#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/core/error.hpp"

/// The one strict reader for all our YAML files: rules, models, feed profiles, regimens, catalogues.
///
/// Refused at parsing: syntax errors (Y001), aliases and anchors (Y002), duplicate keys (Y003), a second
/// document (Y004), keys that are not plain words (Y005). Refused while decoding: unknown key (Y010), missing
/// key (Y011), wrong type (Y012), out of range or not among the allowed words (Y013). All findings of a file
/// are collected; decoding goes on with a default value after each.
///
///     Findings findings;
///     auto root = yaml::parse(text, "x.yaml", findings);
///     yaml::Map map(root, findings);                  // complains when root is not a map
///     int schema = map.integer("schema", {1, 1});     // required
///     auto note = map.text_or("note", "");            // optional
///     map.done();                                     // every key not asked for is unknown
namespace bellwether::yaml {

/// A node of the document with its place. A copy is cheap (shared).
class Node {
public:
    enum class Kind { null, scalar, sequence, map };
    struct Data;

    Node();
    explicit Node(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    [[nodiscard]] Kind kind() const;
    [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
    [[nodiscard]] bool is_scalar() const { return kind() == Kind::scalar; }
    [[nodiscard]] bool is_sequence() const { return kind() == Kind::sequence; }
    [[nodiscard]] bool is_map() const { return kind() == Kind::map; }
    [[nodiscard]] const std::string& scalar() const;  ///< "" unless scalar
    [[nodiscard]] bool quoted() const;  ///< quoted or block: always text, never a number or truth value
    /// The node's first character. For a quoted scalar the one after the quote, for a block scalar (`|`) the
    /// first character of its text, so that a position inside the scalar can be shown in the file.
    [[nodiscard]] const Location& at() const;
    /// The place of the n-th byte of a scalar's text in the file (lines of a block scalar are followed).
    [[nodiscard]] Location place(std::size_t offset) const;
    [[nodiscard]] std::size_t size() const;                     ///< children of a sequence or map
    [[nodiscard]] const Node& operator[](std::size_t i) const;  ///< i-th element or i-th value
    [[nodiscard]] const std::string& key(std::size_t i) const;  ///< i-th key of a map
    [[nodiscard]] const Location& key_at(std::size_t i) const;

private:
    std::shared_ptr<const Data> data_;
};

/// Parses one document. On a syntax error: a null node and a finding. `file` names it in findings.
[[nodiscard]] Node parse(std::string_view text, const std::string& file, Findings& findings);

/// Inclusive bounds.
struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
};

// Scalars; each adds a finding at the node and returns nothing when the node is not of that form.
[[nodiscard]] std::optional<std::string> as_text(const Node& n, Findings& f);
[[nodiscard]] std::optional<double> as_number(const Node& n, Findings& f, Range r = {});
[[nodiscard]] std::optional<long long> as_integer(const Node& n, Findings& f, Range r = {});
[[nodiscard]] std::optional<bool> as_truth(const Node& n, Findings& f);  ///< true or false only
[[nodiscard]] std::optional<Date> as_date(const Node& n, Findings& f);
/// "21d" or "3w", in whole days.
[[nodiscard]] std::optional<int> as_duration(const Node& n, Findings& f, Range r = {0, 36500});
[[nodiscard]] std::optional<std::size_t> as_word(const Node& n, Findings& f,
                                                 const std::vector<std::string>& allowed);  ///< its index
[[nodiscard]] std::vector<std::string> as_texts(const Node& n, Findings& f);  ///< a list of scalars, or one

/// Reads a map key by key and complains about what nobody asked for.
class Map {
public:
    Map(Node node, Findings& findings);
    [[nodiscard]] bool has(const std::string& key);
    [[nodiscard]] const Location& at() const { return node_.at(); }
    [[nodiscard]] Node required(const std::string& key);  ///< null node and Y011 when missing
    [[nodiscard]] Node optional(const std::string& key);  ///< null node when missing
    [[nodiscard]] std::string text(const std::string& key);
    [[nodiscard]] std::string text_or(const std::string& key, std::string fallback);
    [[nodiscard]] double number(const std::string& key, Range r = {});
    [[nodiscard]] double number_or(const std::string& key, double fallback, Range r = {});
    [[nodiscard]] std::optional<double> maybe_number(const std::string& key, Range r = {});
    [[nodiscard]] long long integer(const std::string& key, Range r = {});
    [[nodiscard]] long long integer_or(const std::string& key, long long fallback, Range r = {});
    [[nodiscard]] bool truth_or(const std::string& key, bool fallback);
    [[nodiscard]] std::optional<int> maybe_duration(const std::string& key, Range r = {0, 36500});
    [[nodiscard]] std::vector<std::string> texts_or_none(const std::string& key);
    /// Index into `allowed`.
    [[nodiscard]] std::size_t word(const std::string& key, const std::vector<std::string>& allowed);
    [[nodiscard]] std::size_t word_or(const std::string& key, const std::vector<std::string>& allowed,
                                      std::size_t fallback);
    [[nodiscard]] Findings& findings() { return findings_; }
    void done();

private:
    Node node_;
    Findings& findings_;
    std::vector<std::string> asked_;
};

}  // namespace bellwether::yaml
