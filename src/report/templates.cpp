#include "templates.hpp"

namespace bellwether::report {
namespace {

constexpr const char* head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{{title}}</title>
<style>{{{style}}}</style>
</head>
<body>
<h1>{{title}}</h1>
{{#banner}}<p class="banner">{{banner}}</p>
{{/banner}}<p class="basis">{{basis}}</p>
{{#cautions}}<p class="caution">{{.}}</p>
{{/cautions}})";

constexpr const char* option =
    R"(<li><span class="standing {{standing}}">[{{standing}}]</span> {{rank}} {{title}}{{#because}}: {{because}}{{/because}}</li>
)";

constexpr const char* alert = R"(<article class="alert {{severity}}">
<span class="id">{{id}} {{rule}}</span>
<h4><span class="badge {{severity}}">{{severity}}</span>{{patient}}: {{title}}{{#state}} <small>({{state}})</small>{{/state}}{{#illustrative}} <span class="badge illustrative">illustrative</span>{{/illustrative}}</h4>
<p class="dates">{{dates}}</p>
<div class="columns"><div class="words">
{{#standing_why}}<p><strong>Changed:</strong> {{standing_why}}</p>
{{/standing_why}}{{#summary}}<p class="summary">{{summary}}</p>
{{/summary}}<dl>
<dt>because</dt><dd>{{because}}</dd>
{{#unknown}}<dt>unknown</dt><dd>could have spoken against it: {{unknown}}</dd>
{{/unknown}}{{#arguments}}<dt>evidence</dt><dd>{{words}}
<table class="weights"><tr><th>visit</th>{{#names}}<th class="n">{{.}}</th>{{/names}}<th class="n">time</th><th class="n">P</th></tr>
{{#visits}}<tr><td>{{date}}</td>{{#cells}}<td class="{{cls}}">{{words}}</td>{{/cells}}<td class="n">{{p}}</td></tr>
{{/visits}}</table></dd>
{{/arguments}}{{#silent_any}}<dt>would not fire if</dt><dd>one reading changed at a time
<ul class="silent">{{#silent}}<li>{{.}}</li>
{{/silent}}</ul></dd>
{{/silent_any}}{{#silent_note}}<dt>would not fire if</dt><dd>{{silent_note}}</dd>
{{/silent_note}}{{#proposal}}<dt>consider</dt><dd>{{proposal}}
<ul class="options">{{#options}}{{>option}}{{/options}}</ul>{{options_note}}</dd>
{{/proposal}}{{#answer}}<dt>answer</dt><dd>{{answer}}{{#overdue}} <span class="late">OVERDUE</span>{{/overdue}}</dd>
{{/answer}}<dt>people</dt><dd>{{human}}</dd>
</dl>
<p class="rule">{{marks}}{{#illustrative}}; at least one number of this rule has no source{{/illustrative}}</p>
</div>{{#picture}}<div class="picture">{{{picture}}}</div>{{/picture}}</div>
</article>
)";

constexpr const char* legend = R"(<div class="legend"><p>{{weights}}</p>
<p>{{{key}}}</p>
<p>Hatched bands are state probabilities as filtered at each modelled reading and held until the next; the paler last band has aged since the last reading; bars beyond the line of today are forecasts.</p></div>
</body>
</html>
)";

}  // namespace

const char* const review_template = R"({{>head}}
<table><tr><th>site and arm</th><th class="n">patients</th><th class="n">new</th><th class="n">worse</th><th class="n">still open</th><th class="n">resolved</th><th class="n">withdrawn</th><th class="n">overdue visits</th><th class="n">patients not assessable</th></tr>
{{#groups}}<tr class="{{cls}}"><td>{{place}}</td>{{#cells}}<td class="n">{{.}}</td>{{/cells}}</tr>
{{/groups}}</table>
{{#sections}}<section><h2>{{title}} <span class="n">{{n}}</span></h2>
{{#nothing}}<p class="none">{{nothing}}</p>
{{/nothing}}{{#places}}<h3>{{place}}</h3>
{{#alerts}}{{>alert}}{{/alerts}}{{/places}}</section>
{{/sections}}<section><h2>OVERDUE VISITS <span class="n">{{overdue_n}}</span></h2>
{{#overdue_nothing}}<p class="none">{{overdue_nothing}}</p>
{{/overdue_nothing}}{{#overdue_any}}<table><tr><th>site and arm</th><th>patient</th><th>visit</th><th>due</th><th class="n">days late</th><th>missing</th></tr>
{{#overdue_rows}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
{{/overdue_rows}}</table>{{/overdue_any}}</section>
<section><h2>NOT ASSESSABLE, AND WHY <span class="n">{{unjudged_n}}</span></h2>
{{#unjudged_nothing}}<p class="none">{{unjudged_nothing}}</p>
{{/unjudged_nothing}}{{#unjudged_any}}<table><tr><th>site and arm</th><th>what is missing</th><th>rules</th><th>patients</th></tr>
{{#unjudged_rows}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
{{/unjudged_rows}}</table>{{/unjudged_any}}</section>
<section><h2>QUARANTINE <span class="n">{{quarantine_n}}</span></h2>
{{#quarantine_nothing}}<p class="none">{{quarantine_nothing}}</p>
{{/quarantine_nothing}}{{#quarantine_any}}<table><tr><th>row</th><th>place</th><th>code</th><th>why</th></tr>
{{#quarantine_rows}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
{{/quarantine_rows}}</table>{{/quarantine_any}}</section>
{{>legend}})";

const char* const page_template = R"({{>head}}
<dl>{{#facts}}<dt>{{name}}</dt><dd>{{value}}</dd>
{{/facts}}</dl>
<section><h2>Trajectory</h2>
<div>{{{picture}}}</div>
{{#states_nothing}}<p class="none">{{states_nothing}}</p>{{/states_nothing}}</section>
<section><h2>Alerts <span class="n">{{alerts_n}}</span></h2>
{{#alerts_nothing}}<p class="none">{{alerts_nothing}}</p>
{{/alerts_nothing}}{{#alerts}}{{>alert}}{{/alerts}}{{#unjudged_any}}<h3>Not assessable</h3>
<table><tr><th>rules</th><th>what is missing</th></tr>
{{#unjudged_rows}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
{{/unjudged_rows}}</table>{{/unjudged_any}}</section>
<section><h2>Options from the current regimen</h2>
{{#options_nothing}}<p class="none">{{options_nothing}}</p>
{{/options_nothing}}{{#options_any}}<ul class="options">{{#options}}{{>option}}{{/options}}</ul>{{/options_any}}</section>
{{#gaps_any}}<section><h2>Conflicts and results that could not be measured</h2>
{{#gaps}}<p>{{.}}</p>
{{/gaps}}</section>{{/gaps_any}}
{{>legend}})";

const std::map<std::string, std::string>& partial_templates() {
    static const std::map<std::string, std::string> partials{
        {"head", head}, {"option", option}, {"alert", alert}, {"legend", legend}};
    return partials;
}

}  // namespace bellwether::report
