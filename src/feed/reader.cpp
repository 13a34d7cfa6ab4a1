#include "bellwether/feed/reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/feed/csv.hpp"

#include "decode.hpp"

namespace bellwether::feed {
namespace {

std::unique_ptr<Decoder> decoder_for(const Profile& profile, const ChannelCatalogue& catalogue) {
    switch (profile.kind) {
        case Kind::observations:
            return observation_decoder(profile, catalogue);
        case Kind::patients:
            return patient_decoder();
        case Kind::therapy:
            return therapy_decoder(profile.shape);
        case Kind::events:
            return event_decoder();
        case Kind::lesions:
            return lesion_decoder();
        case Kind::schedule:
            break;
    }
    return schedule_decoder();
}

/// The first record as header; everything that is wrong with it in one InputError.
Binding bind_header(CsvReader& csv, const Profile& profile, const std::string& name) {
    Findings findings;
    const auto found = csv.next();
    if (found == CsvReader::Found::end) {
        findings.error("F092", {name, 1, 1}, "the feed is empty", "the first line names the columns");
    } else if (found == CsvReader::Found::broken) {
        const auto& b = csv.broken();
        findings.error(b.code, {name, b.at.line, b.at.column}, b.what, b.hint);
    }
    if (!findings.ok()) throw InputError(findings);
    Binding binding(profile, csv, name, findings);
    if (!findings.ok()) throw InputError(findings);
    return binding;
}

/// The last calendar day on which something can have happened: the day in the easternmost zone (UTC+14).
Date last_day(Instant now) {
    constexpr std::int64_t hours14 = 14LL * 3600 * 1'000'000;
    return Instant(now.microseconds() + hours14).date();
}

class Run {
public:
    Run(const Profile& profile, const ChannelCatalogue& catalogue, const FeedContext& context, CsvReader& csv,
        const Binding& binding, const std::string& name, const FeedSink& sink)
        : file_{profile, catalogue, context, binding, name, last_day(context.now), {}},
          csv_(csv),
          sink_(sink),
          decoder_(decoder_for(profile, catalogue)),
          emit_([this](Record&& r) {
              ++counts_.records;
              sink_.record(std::move(r));
          }),
          refuse_([this](BadCell&& bad) { reject(std::move(bad)); }) {
        counts_.header = csv.raw();
        for (const auto& [column, words] : profile.only)
            only_.emplace_back(binding.column(column), &words);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    FeedCounts read() {
        for (auto found = csv_.next(); found != CsvReader::Found::end; found = csv_.next()) {
            ++counts_.rows;
            if (found == CsvReader::Found::broken) {
                const auto& b = csv_.broken();
                put({b.at.line, b.at.column, b.code, b.what, b.hint, "", std::string(csv_.raw())});
                continue;
            }
            try {
                one_row();
            } catch (BadCell& bad) {
                reject(std::move(bad));
            }
        }
        decoder_->finish(emit_);
        return std::move(counts_);
    }

private:
    void one_row() {
        const std::size_t width = csv_.cells().size(), wanted = file_.binding.width();
        if (width != wanted) {
            const std::size_t at = width > wanted ? csv_.cells()[wanted].offset : csv_.raw().size();
            throw BadCell{at, "F005", fmt::format("{} fields where the header has {}", width, wanted),
                          "quote fields that hold the separator, or complete the row"};
        }
        Row row(file_, csv_);
        const bool wanted_row = std::all_of(only_.begin(), only_.end(), [&](const auto& o) {
            return std::find(o.second->begin(), o.second->end(), row.cell(o.first)) != o.second->end();
        });
        if (!wanted_row || !decoder_->row(row, emit_, refuse_)) ++counts_.ignored;
    }

    void reject(BadCell&& bad) {
        const auto at = csv_.place(bad.offset);
        const bool whole = csv_.cells().size() == file_.binding.width();
        const std::string patient =
            whole ? std::string(Row(file_, csv_).cell(Field::patient)) : std::string();
        put({at.line, at.column, std::move(bad.code), std::move(bad.what), std::move(bad.hint), patient,
             std::string(csv_.raw())});
    }

    void put(Reject&& r) {
        ++counts_.rejects;
        sink_.reject(std::move(r));
    }

    FileState file_;
    CsvReader& csv_;
    const FeedSink& sink_;
    std::unique_ptr<Decoder> decoder_;
    Emit emit_;
    RefuseCell refuse_;
    std::vector<std::pair<int, const std::vector<std::string>*>> only_;
    FeedCounts counts_;
};

}  // namespace

std::string retry_text(std::string_view header, std::string_view raw) {
    return fmt::format("{}\n{}\n", header, raw);
}

FeedCounts read_feed(const Profile& profile, const ChannelCatalogue& catalogue, const FeedContext& context,
                     ByteSource& source, const std::string& name, const FeedSink& sink) {
    const bool dated = profile.lag || profile.source(Field::released) || profile.kind == Kind::schedule;
    if (context.backfill && !dated) {
        throw Error("F095",
                    fmt::format("profile '{}' has neither a release time nor a lag: it cannot be backfilled",
                                profile.name));
    }
    CsvReader csv(source, {profile.separator, context.longest_record});
    const Binding binding = bind_header(csv, profile, name);
    return Run(profile, catalogue, context, csv, binding, name, sink).read();
}

}  // namespace bellwether::feed
