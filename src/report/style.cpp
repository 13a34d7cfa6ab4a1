#include "templates.hpp"

namespace bellwether::report {

// Dark on white; severity is told by words and by the kind of border, not by hue alone.
const char* const style_sheet = R"(
:root { --ink: #1a1a1a; --soft: #555; --rule: #ccc; --urgent: #a11212; --review: #8a5a00; --good: #0b5d3b; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 20px 24px 60px; color: var(--ink); background: #fff;
  font: 14px/1.45 "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif; }
h1 { font-size: 24px; margin: 0 0 6px; } h2 { font-size: 17px; margin: 30px 0 8px; border-bottom: 2px solid var(--ink);
  padding-bottom: 3px; } h2 .n { font-weight: normal; color: var(--soft); } h3 { font-size: 14px; margin: 16px 0 6px; color: var(--soft); }
p { margin: 4px 0; } .basis { color: var(--soft); font-size: 12.5px; } .none { color: var(--soft); margin-left: 2px; }
.banner { border: 3px double var(--urgent); color: var(--urgent); font-weight: bold; font-size: 16px; padding: 8px 12px; margin: 10px 0; }
.caution { border-left: 4px solid var(--review); padding: 3px 10px; margin: 4px 0; background: #fdf6e8; }
table { border-collapse: collapse; margin: 8px 0; } th, td { text-align: left; padding: 3px 10px 3px 0; vertical-align: top;
  border-bottom: 1px solid #e4e4e4; } th { font-weight: 600; color: var(--soft); font-size: 12.5px; } td.n, th.n { text-align: right; }
tr.all td { font-weight: bold; border-top: 1.5px solid var(--ink); }
.alert { border: 1px solid var(--rule); border-left-width: 6px; border-radius: 3px; padding: 10px 14px; margin: 10px 0; break-inside: avoid; }
.alert.urgent { border-left-color: var(--urgent); } .alert.review { border-left: 6px dashed var(--review); } .alert.info { border-left: 6px dotted #666; }
.alert h4 { margin: 0 0 2px; font-size: 15px; } .alert .id { float: right; color: var(--soft); font-size: 12px; }
.badge { display: inline-block; font-size: 11px; font-weight: bold; padding: 1px 7px; border: 1.5px solid; border-radius: 9px; margin-right: 6px; text-transform: uppercase; }
.badge.urgent { color: #fff; background: var(--urgent); border-color: var(--urgent); } .badge.review { color: var(--review); }
.badge.info { color: #444; } .badge.illustrative { color: #5b2a86; border-style: dashed; }
.columns { display: flex; gap: 18px; flex-wrap: wrap; } .words { flex: 1 1 400px; min-width: 0; } .picture { flex: 0 1 560px; max-width: 100%; }
.summary { font-weight: 600; } .dates, .rule { color: var(--soft); font-size: 12.5px; }
dl { margin: 6px 0; display: grid; grid-template-columns: 76px 1fr; gap: 2px 8px; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
ul.options { list-style: none; margin: 0; padding: 0; } ul.options li { margin: 1px 0; } .standing { font-weight: bold; }
.standing.open { color: var(--good); } .standing.withheld, .standing.barred { color: var(--urgent); } .standing.unknown { color: var(--review); }
table.weights { font-size: 12px; margin: 2px 0 6px; } table.weights td, table.weights th { padding: 1px 9px 1px 0; }
td.for { font-weight: bold; } td.against { color: #14507a; } .late { color: var(--urgent); font-weight: bold; }
.legend { font-size: 12px; color: var(--soft); border-top: 1px solid var(--rule); margin-top: 26px; padding-top: 8px; } .legend svg { vertical-align: -4px; }
svg { max-width: 100%; height: auto; font: 11px "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif; }
svg text { fill: var(--ink); } svg .tick { fill: #555; font-size: 10px; } svg .middle { text-anchor: middle; } svg .end { text-anchor: end; }
svg .gutter { fill: #444; } svg .strong { font-weight: bold; fill: #111; } svg .faint { fill: #777; font-style: italic; }
svg .panel { fill: none; stroke: #bbb; stroke-width: 1; } svg .grid { stroke: #000; stroke-opacity: 0.09; } svg .axis { stroke: #555; }
svg .curve { fill: none; stroke: #333; stroke-width: 1.3; } svg .reading, svg .keydot { fill: #111; stroke: #fff; stroke-width: 0.7; }
svg .censored { fill: #fff; stroke: #111; stroke-width: 1.3; } svg .nadir { fill: none; stroke: #00795a; stroke-width: 1.6; }
svg .limit { stroke: #777; stroke-dasharray: 2 3; } svg .break { stroke: #8a5aa0; stroke-dasharray: 1 4; stroke-width: 2; }
svg .therapy { fill: #dbe7f1; stroke: #4a7ba6; } svg .therapy.ongoing { stroke-width: 1.6; } svg .word { paint-order: stroke; stroke: #fff; stroke-width: 2.5px; stroke-linejoin: round; }
svg .word.past { fill: #777; } svg .toxicity { fill: #fbe9d0; stroke: #b06a00; } svg .toxicity.severe { fill: #f4c4bd; stroke: #a11212; stroke-width: 1.6; }
svg .event { fill: none; stroke: #111; stroke-width: 1.8; } svg .flag { fill: #a11212; stroke: #a11212; } svg .flag.past { fill: #fff; stroke: #888; }
svg .onset { stroke: #a11212; stroke-width: 1.2; stroke-dasharray: 1 3; } svg .fired { stroke: #a11212; stroke-width: 1.2; stroke-dasharray: 6 3; }
svg .today { stroke: #111; stroke-width: 1.4; } svg .band.held { opacity: 0.55; } svg .band.forecast { stroke: #333; stroke-width: 0.6; stroke-dasharray: 2 2; }
svg .swatch { stroke: #888; stroke-width: 0.6; }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } h2 { break-after: avoid; } h3 { break-after: avoid; }
  .alert, tr { break-inside: avoid; } .columns { flex-wrap: nowrap; } .picture { flex: 0 0 50%; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } @page { margin: 14mm; } }
)";

}  // namespace bellwether::report
