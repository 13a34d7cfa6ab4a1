#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "compile.hpp"
#include "operand.hpp"
#include "quantity.hpp"

namespace bellwether::rulebook {
namespace {

/// The byte after the placeholder's last, and the byte of the ':' before its format (or npos).
struct Extent {
    std::size_t end = std::string::npos, colon = std::string::npos;
};

Extent extent(const std::string& text, std::size_t open) {
    Extent e;
    char quote = 0;
    for (std::size_t i = open + 1; i < text.size(); ++i) {
        const char c = text[i];
        if (quote) {
            if (c == quote) quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == ':') {
            e.colon = i;
        } else if (c == '{') {
            return {};
        } else if (c == '}') {
            e.end = i;
            return e;
        }
    }
    return e;
}

class SummaryParser {
public:
    SummaryParser(const yaml::Node& node, Scope& scope) : node_(node), text_(node.scalar()), scope_(scope) {}

    void run() {
        std::string plain;
        for (std::size_t i = 0; i < text_.size(); ++i) {
            const char c = text_[i];
            if ((c == '{' || c == '}') && i + 1 < text_.size() && text_[i + 1] == c) {
                plain += c, ++i;
            } else if (c == '}') {
                error("R006", i, "'}' without '{'", "write '}}' for the sign itself");
            } else if (c == '{') {
                const Extent e = extent(text_, i);
                if (e.end == std::string::npos) {
                    error("R006", i, "placeholder is not closed",
                          "write '}' at its end, or '{{' for the sign itself");
                    return;
                }
                if (!plain.empty()) add_plain(plain);
                plain.clear();
                placeholder(i + 1, e);
                i = e.end;
            } else {
                plain += c;
            }
        }
        if (!plain.empty()) add_plain(plain);
    }

private:
    void error(std::string code, std::size_t at, std::string what, std::string hint) {
        scope_.findings.error(std::move(code), node_.place(at), std::move(what), std::move(hint));
    }

    void add_plain(const std::string& text) {
        SummaryPiece piece;
        piece.text = text;
        scope_.rule.summary.push_back(std::move(piece));
    }

    void placeholder(std::size_t begin, const Extent& e) {
        const std::size_t stop = e.colon == std::string::npos ? e.end : e.colon;
        const Source source{node_, begin, std::string_view(text_).substr(begin, stop - begin), {}};
        SummaryPiece piece;
        piece.value = compile(source, Use::value, "summary", scope_);
        if (!piece.value.present()) return;
        if (e.colon != std::string::npos && !format(e.colon + 1, e.end, piece)) return;
        scope_.rule.summary.push_back(std::move(piece));
    }

    bool format(std::size_t begin, std::size_t end, SummaryPiece& piece) {
        const std::string written = text_.substr(begin, end - begin);
        const bool number = piece.value.type == ValueType::number || piece.value.type == ValueType::duration;
        if (number && written == "percent") return percent(begin, piece);
        if (number && written.size() == 3 && written[0] == '.' && written[1] >= '0' && written[1] <= '9' &&
            written[2] == 'f') {
            piece.format = SummaryPiece::Format::fixed;
            piece.digits = written[1] - '0';
            return true;
        }
        error("R007", begin, fmt::format("unknown format '{}' of {}", written, name_of(piece.value.type)),
              number ? "write .0f to .9f, or percent, or no format" : "leave out ':' and the format");
        return false;
    }

    bool percent(std::size_t at, SummaryPiece& piece) {
        if (piece.value.type != ValueType::number || !factor(piece.value.unit, "%")) {
            error("R007", at,
                  fmt::format("format 'percent' of {}", piece.value.type == ValueType::duration
                                                            ? "a duration"
                                                            : "a quantity in " + piece.value.unit),
                  "only a plain number or a share is a percentage; write .1f");
            return false;
        }
        piece.format = SummaryPiece::Format::percent;
        return true;
    }

    const yaml::Node& node_;
    const std::string& text_;
    Scope& scope_;
};

}  // namespace

void compile_summary(const yaml::Node& node, Scope& scope) {
    SummaryParser(node, scope).run();
}

void add_calls(const Expression& expression, std::vector<int>& list) {
    for (const Node& node : expression.nodes) {
        if (node.op == Op::call && std::find(list.begin(), list.end(), node.a) == list.end())
            list.push_back(node.a);
    }
}

}  // namespace bellwether::rulebook
