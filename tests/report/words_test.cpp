#include "../../src/report/words.hpp"

#include <catch2/catch.hpp>

#include "../../src/report/evidence.hpp"
#include "../../src/report/sparkline.hpp"
#include "../../src/report/svg.hpp"

using namespace bellwether;
using namespace bellwether::report;

TEST_CASE("clean: what could drive a terminal or break a document is replaced, the rest stays",
          "[report][words]") {
    CHECK(clean("Zoë, 4 µg/L, 中") == "Zoë, 4 µg/L, 中");
    CHECK(clean("a\x1b[31mb") == "a\xEF\xBF\xBD[31mb");  // escape sequence
    CHECK(clean("a\xC2\x9B"
                "31mb") ==
          "a\xEF\xBF\xBD"
          "31mb");  // C1 control: the same in one character
    CHECK(clean("a\xE2\x80\xAE"
                "b") ==
          "a\xEF\xBF\xBD"
          "b");  // right-to-left override
    CHECK(clean("a\xFF"
                "b\xC3") ==
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD");  // malformed
    CHECK(clean("two\nlines\tand") == "two lines and");
}

TEST_CASE("wrap: no line is longer than asked for and no word is lost", "[report][words]") {
    const auto lines = wrap("one two  three averylongwordindeed four", 9);
    CHECK(lines == std::vector<std::string>{"one two", "three", "averylongwordindeed", "four"});
    CHECK(wrap("", 10).empty());
}

TEST_CASE("width, pad and cut count characters, not bytes", "[report][words]") {
    CHECK(width("µ≥1") == 3);
    CHECK(pad("µ", 3) == "µ  ");
    CHECK(cut("exhaustion", 5) == "exha…");
    CHECK(cut("µµ", 2) == "µµ");
}

TEST_CASE("probability: rounding never claims certainty", "[report][words]") {
    CHECK(probability(0.909) == "0.91");
    CHECK(probability(0.9999) == ">0.99");
    CHECK(probability(1e-9) == "<0.01");
    CHECK(probability(1.0) == "1.00");
    CHECK(probability(0.0) == "0.00");
}

TEST_CASE("numbers: four digits, no exponent where people read one", "[report][words]") {
    CHECK(number(12345.6) == "12346");
    CHECK(number(0.41) == "0.41");
    CHECK(number(0.0123436) == "0.01234");
    CHECK(weight(1.94) == "+1.9");
    CHECK(weight(-0.01) == "+0.0");
    CHECK(reading_words({0.1, Censor::left}, "%") == "<0.1 %");
    CHECK(reading_words({1000, Censor::right}, "1") == ">1000");
}

TEST_CASE("moment: an end of day is a date, any other instant says its minute", "[report][words]") {
    CHECK(moment(Instant::end_of(*Date::parse("2026-03-16"))) == "2026-03-16");
    CHECK(moment(*Instant::parse("2026-03-16T09:05Z")) == "2026-03-16 09:05 UTC");
}

TEST_CASE("VisitWeight: in words the largest weight comes first and time last", "[report][evidence]") {
    const VisitWeight v{"2026-03-06", {{"ctdna", 1.94}, {"sld", -0.21}}, -0.1, 2.3, 0.909};
    CHECK(words(v) == "ctdna +1.9, sld -0.2, time -0.1 -> P 0.91");
    CHECK(words(VisitWeight{}) == "no weights");
}

TEST_CASE("read_evidence: parts that are missing or of the wrong kind are left out, the rest is read",
          "[report][evidence]") {
    CHECK_FALSE(read_evidence("").readable);
    CHECK_FALSE(read_evidence("[1]").readable);
    const auto e = read_evidence(R"j({"summary":7,"because":[3,{"call":"on(x)","value":true},)j"
                                 R"j({"call":"fold(a)","reason":{"visits":[{"channels":[]},null]}}]})j");
    CHECK(e.readable);
    CHECK(e.summary.empty());
    REQUIRE(e.because.size() == 3);
    CHECK(words(e.because[1]) == "on(x) = yes");
    CHECK(words(e.because[2]) == "fold(a) not known");
    REQUIRE(e.because[2].arguments.size() == 1);
    CHECK(e.because[2].arguments[0].visits.size() == 2);
}

TEST_CASE("read_evidence: where groups disagree each has its argument, shown once", "[report][evidence]") {
    const std::string imaging = R"j({"label":"g","against":"not g","model":"m","group":"imaging",)j"
                                R"j("visits":[{"date":"2026-03-06","channels":{"sld":2.1},"p":0.9}]})j";
    const std::string ctdna = R"j({"label":"g","against":"not g","model":"m","group":"ctdna",)j"
                              R"j("visits":[{"date":"2026-03-06","channels":{"ctdna":-3},"p":0.1}]})j";
    const auto e = read_evidence(R"j({"because":[{"call":"disagree(g, imaging, ctdna)","value":4.39,)j"
                                 R"j("reason":{"groups":[)j" +
                                 imaging + "," + ctdna +
                                 R"j(]}},{"call":"P(g, ctdna)","value":0.1,"reason":)j" + ctdna + "}]}");
    REQUIRE(e.because.size() == 2);
    CHECK(words(e.because[0]) == "disagree(g, imaging, ctdna) = 4.39");
    CHECK(words(e.because[1]) == "P(g, ctdna) = 0.10");
    CHECK((e.because[0].arguments.size() == 2 && e.because[1].arguments.size() == 1));
    const auto all = arguments_of(e);
    REQUIRE(all.size() == 2);
    CHECK(words(all[0]) == "for 'g' against 'not g', model m, by imaging alone");
    CHECK(words(all[1]) == "for 'g' against 'not g', model m, by ctdna alone");
    CHECK(words(all[1].visits.back()) == "ctdna -3.0 -> P 0.10");
    CHECK(channels_of(e, {"ctdna", "sld"}) == std::vector<std::string>{"ctdna", "sld"});
}

TEST_CASE("channels_of: whole names only, calls before weights", "[report][evidence]") {
    const auto e =
        read_evidence(R"j({"because":[{"call":"fold(ldh_ratio, nadir)"},)j"
                      R"j({"call":"P(g)","reason":{"visits":[{"channels":{"sld":0.1,"ctdna":-2}}]}}]})j");
    CHECK(channels_of(e, {"ctdna", "ldh", "ldh_ratio", "sld"}) ==
          std::vector<std::string>{"ldh_ratio", "ctdna", "sld"});
}

TEST_CASE("sparkline: heights follow the channel's scale, limits have marks of their own",
          "[report][words]") {
    series::Track t;
    for (const double x : {1.0, 10.0, 100.0})
        t.points.push_back({Date(static_cast<int>(x)), -1, {x, Censor::none}, 0});
    CHECK(sparkline(t, Scale::log, 9) ==
          "▁▅█");  // by hand: the middle decade is half way up, 3.5 rounds to 4
    CHECK(sparkline(t, Scale::linear, 9) == "▁▂█");  // 9/99 of 7 = 0.6
    t.points.push_back({Date(200), -1, {1.0, Censor::left}, 1});
    CHECK(sparkline(t, Scale::log, 9) == "▁▅█|▿");
    CHECK(sparkline(t, Scale::log, 2) == "…█|▿");
    CHECK(bar(0.5, 4) == "██");
    CHECK(bar(1.0 / 8, 1) == "▏");
}

TEST_CASE("escape: the five characters of markup", "[report][svg]") {
    CHECK(escape(R"(<a b="c" d='e'>&)") == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
}
