#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "bellwether/core/text.hpp"

#include "yaml_document.hpp"

namespace bellwether::yaml {
namespace {

using Data = Node::Data;

/// Thrown to leave yaml-cpp's parser after a finding that makes going on pointless.
struct Stop {};

/// Builds our own tree from the parser's events: yaml-cpp's own nodes hide aliases and duplicate keys.
class Builder : public YAML::EventHandler {
public:
    Builder(std::shared_ptr<const Source> source, Findings& findings)
        : source_(std::move(source)), findings_(findings) {}

    [[nodiscard]] const std::shared_ptr<Data>& root() const { return root_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ == 0) return;
        complain("Y004", offset(mark), "a second document begins here",
                 "one document per file: remove the '---'");
        throw Stop{};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        add(make(Node::Kind::null, offset(mark)));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse_anchor(mark, 1);
        add(std::make_shared<Data>());  // without a place: nobody complains of it twice
    }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_anchor(mark, anchor);
        add(scalar(offset(mark), value));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, anchor, Node::Kind::sequence);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, anchor, Node::Kind::map);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        std::shared_ptr<Data> data;
        bool key_next = true;  ///< of a map: the next node is a key
        bool skip = false;     ///< of a map: the key was refused, so is its value
    };

    [[nodiscard]] std::size_t offset(const YAML::Mark& mark) const {
        return source_->offset(mark.line, mark.column);
    }

    void complain(const char* code, std::size_t at, std::string what, std::string hint) {
        findings_.error(code, source_->at(at), std::move(what), std::move(hint));
    }

    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
        const std::size_t at = offset(mark);
        if (anchor != 0) complain("Y002", at, "anchors and aliases are not allowed", "write the value out");
        if (at < source_->text.size() && source_->text[at] == '!') {
            complain("Y007", at, "tags are not allowed", "remove the word that begins with '!'");
        }
    }

    [[nodiscard]] std::shared_ptr<Data> make(Node::Kind kind, std::size_t at) const {
        auto data = std::make_shared<Data>();
        data->kind = kind;
        data->at = source_->at(at);
        data->begin = at;
        data->source = source_;
        return data;
    }

    [[nodiscard]] std::shared_ptr<Data> scalar(std::size_t at, const std::string& value) {
        auto data = make(Node::Kind::scalar, at);
        data->scalar = value;
        const char first = at < source_->text.size() ? source_->text[at] : '\0';
        if (first == '>')
            complain("Y006", at, "folded text ('>') is not allowed", "write '|', quotes or one plain line");
        if (first == '\'' || first == '"') {
            data->style = first == '"' ? Style::double_quoted : Style::single_quoted;
            data->begin = at + 1;
        } else if (first == '|' || first == '>') {
            data->style = Style::block;
            data->begin = source_->offset(data->at.line, 0);  // at.line counts from 1: the line below
        }
        if (data->style != Style::plain) data->at = source_->at(offset_of(*data, 0));
        return data;
    }

    void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
        refuse_anchor(mark, anchor);
        open_.push_back({make(kind, offset(mark))});
    }

    void close() {
        auto data = open_.back().data;
        open_.pop_back();
        add(std::move(data));
    }

    void add(std::shared_ptr<Data> data) {
        if (open_.empty()) {
            root_ = std::move(data);
            return;
        }
        Open& top = open_.back();
        if (top.data->kind == Node::Kind::map && top.key_next) {
            top.skip = !add_key(*top.data, *data);
            top.key_next = false;
            return;
        }
        if (!top.skip) top.data->children.emplace_back(std::move(data));
        top.key_next = true;
        top.skip = false;
    }

    /// @return false when the key is refused
    bool add_key(Data& map, const Data& key) {
        const bool broken = key.scalar.find('\n') != std::string::npos;
        if (key.kind != Node::Kind::scalar || key.scalar.empty() || broken || key.scalar == "<<") {
            const std::size_t at = key.source ? key.begin : map.begin;
            complain("Y005", at, "a key must be a plain word",
                     "write the key as one word, without '<<' or brackets");
            return false;
        }
        const auto same = std::find(map.keys.begin(), map.keys.end(), key.scalar);
        if (same != map.keys.end()) {
            const auto line = map.key_places[static_cast<std::size_t>(same - map.keys.begin())].line;
            complain("Y003", key.begin, fmt::format("key '{}' stands twice", key.scalar),
                     fmt::format("the first is in line {}: remove one", line));
            return false;
        }
        map.keys.push_back(key.scalar);
        map.key_places.push_back(key.at);
        return true;
    }

    std::shared_ptr<const Source> source_;
    Findings& findings_;
    std::shared_ptr<Data> root_;
    std::vector<Open> open_;
    int documents_ = 0;
};

/// Offset of the first byte that is no text: not UTF-8, or a control character. npos when all is well.
std::size_t not_text(std::string_view s) {
    const auto control = std::find_if(s.begin(), s.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return (u < 0x20 && c != '\n' && c != '\r' && c != '\t') || u == 0x7F;
    });
    const auto at =
        control == s.end() ? std::string_view::npos : static_cast<std::size_t>(control - s.begin());
    return std::min(at, first_bad_utf8(s));
}

void report(const YAML::ParserException& e, const Source& source, Findings& findings) {
    const Location at = source.at(source.offset(e.mark.line, e.mark.column));
    if (e.msg.rfind(YAML::ErrorMsg::UNKNOWN_ANCHOR, 0) == 0) {
        findings.error("Y002", at, "anchors and aliases are not allowed", "write the value out");
    } else {
        findings.error("Y001", at, e.msg, "mend the YAML syntax here or just above");
    }
}

}  // namespace

Node parse(std::string_view text, const std::string& file, Findings& findings) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    const auto source = std::make_shared<const Source>(text, file);
    if (const std::size_t bad = not_text(text); bad != std::string_view::npos) {
        findings.error("Y001", source->at(bad),
                       fmt::format("byte 0x{:02X} is not text", static_cast<unsigned char>(text[bad])),
                       "save the file as UTF-8 without control characters");
        return {};
    }
    Builder builder(source, findings);
    try {
        std::istringstream in{source->text};
        YAML::Parser parser(in);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::ParserException& e) {
        report(e, *source, findings);
        return {};
    } catch (const Stop&) {
    }
    if (builder.root()) return Node(builder.root());
    auto nothing = std::make_shared<Data>();
    nothing->at = {file, 1, 1};
    return Node(std::move(nothing));
}

}  // namespace bellwether::yaml
