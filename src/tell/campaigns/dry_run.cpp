// The dry run of an attached table: every recipient's text in each of their channels, before anything is handed in.
#include <algorithm>

#include "base/text.h"
#include "platform/locale/locale.h"
#include "tell/campaigns/campaigns_dao.h"
#include "tell/campaigns/lengths.h"
#include "tell/campaigns/lists_dao.h"
#include "tell/campaigns/stored_row.h"

namespace machiya::tell {
namespace {

class Run {
 public:
  Run(DryRun& out, const std::function<void(const ListFinding&)>& each) : out_(out), each_(each) {}
  void begin(std::int64_t line) { line_ = static_cast<std::uint64_t>(line), clean_ = true; }
  void found(ListFinding finding) {
    finding.line = line_;
    if (clean_) out_.faulty.push_back(line_);
    clean_ = false;
    ++out_.counts[static_cast<std::size_t>(finding.what)];
    if (out_.first.size() < DryRun::kShown || line_ < out_.first.back().line) {
      out_.first.insert(std::upper_bound(out_.first.begin(), out_.first.end(), finding, [](const ListFinding& a, const ListFinding& b) { return a.line < b.line; }), finding);
      if (out_.first.size() > DryRun::kShown) out_.first.pop_back();
    }
    if (each_) each_(finding);
  }
  bool clean() const { return clean_; }

 private:
  DryRun& out_;
  const std::function<void(const ListFinding&)>& each_;
  std::uint64_t line_ = 0;
  bool clean_ = true;
};

/// Positions in `columns` that some text of the draft asks for.
std::vector<std::size_t> used_columns(const Draft& draft, const std::vector<std::string>& columns) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto asks = [&](const city::Text& text) {
      return std::any_of(text.all().begin(), text.all().end(), [&](const auto& one) {
        const auto slots = slots_of(one.second);
        return std::find(slots.begin(), slots.end(), columns[i]) != slots.end();
      });
    };
    if (asks(draft.title) || asks(draft.body) || asks(draft.short_text)) out.push_back(i);
  }
  return out;
}

std::string of(std::size_t have, std::size_t most) { return std::to_string(have) + "/" + std::to_string(most); }

}  // namespace

Result<DryRun> Campaigns::dry_run(const Campaign& campaign, const std::function<void(const ListFinding&)>& each) {
  DryRun out;
  const auto city = p_.city();
  const Template* t = template_of(*city, campaign.draft);
  const Contents texts = contents(campaign.draft, campaign.cls, campaign.public_id);
  MACHIYA_TRY(const std::int64_t bits, channel_bits(campaign.draft));
  std::map<int, const ChannelDefinition*> channels;
  for (const ChannelDefinition* one : channels_of(*city)) {
    MACHIYA_TRY(const int number, p_.audiences.number("channel", one->id));
    if (bits & (std::int64_t{1} << number)) channels[number] = one;
  }
  MACHIYA_CHECK(p_.store.read([&](store::ReadTx& tx) -> Result<void> {
    out = {};
    MACHIYA_TRY(const auto list, lists_dao::find(tx, campaign.id));
    if (!list) return Error(ErrorCode::not_found, "no table is attached", "list");
    out.rows = list->total;
    const auto used = used_columns(campaign.draft, list->columns);
    Run run(out, each);
    const auto judge_values = [&](const Stored& row) {
      for (const std::size_t i : used) {
        const std::string& name = list->columns[i];
        if (row.values[i].empty()) run.found({ListFinding::What::empty, 0, name, "", "", "", ""});
        if (!t) continue;
        for (const Variable& v : t->variables)
          if (v.name == name && v.max > 0 && characters(row.values[i]) > static_cast<std::size_t>(v.max))
            run.found({ListFinding::What::too_long, 0, name, "", "", "", of(characters(row.values[i]), static_cast<std::size_t>(v.max))});
      }
    };
    const auto judge_texts = [&](const Stored& row, const Audiences::Way* from, const Audiences::Way* to) {
      std::optional<Content> content;
      int lang = -1;
      for (; from != to; ++from) {
        const auto channel = channels.find(from->channel);
        if (channel == channels.end()) continue;
        if (lang != from->lang) {
          lang = from->lang;
          const Content* text = for_language(texts, locale::kLanguages[static_cast<std::size_t>(lang)]);
          OwnValues values;
          for (const std::size_t i : used) values[list->columns[i]] = own_text(t, list->columns[i], row.values[i], text ? text->lang : "ja");
          content = text ? with_own(*text, values) : std::nullopt;
        }
        if (!content) continue;
        ++out.texts;
        for (const TooLong& one : too_long(*channel->second, *content)) run.found({ListFinding::What::too_long, 0, "", channel->second->id, content->lang, one.part, of(one.have, one.most)});
      }
    };
    return each_part(tx, *list, [&](std::vector<Stored>& rows) -> Result<void> {
      std::vector<std::int64_t> keys;
      for (const Stored& row : rows)
        if (row.key > 0) keys.push_back(row.key);
      MACHIYA_TRY(const auto ways, p_.audiences.ways(tx, keys));
      std::size_t at = 0;
      for (const Stored& row : rows) {
        while (at < ways.size() && ways[at].recipient < row.key) ++at;
        std::size_t end = at;
        while (end < ways.size() && ways[end].recipient == row.key) ++end;
        if (std::binary_search(list->left_out.begin(), list->left_out.end(), row.line)) {
          ++out.left_out;
          continue;
        }
        run.begin(row.line);
        if (row.key < 0) run.found({row.twice ? ListFinding::What::twice : ListFinding::What::unknown, 0, "", "", "", "", row.twice ? std::to_string(row.twice) : std::string()});
        else judge_values(row);
        if (run.clean()) judge_texts(row, ways.data() + at, ways.data() + end);
        out.people += run.clean();
      }
      return {};
    });
  }));
  return out;
}

Result<int> Campaigns::judged_revision(std::string_view public_id) {
  MACHIYA_TRY(const Campaign campaign, p_.store.read([&](store::ReadTx& tx) { return required(tx, public_id); }));
  if (campaign.draft.columns.empty() || campaign.state != CampaignState::draft) return 0;
  const auto judged = dry_run(campaign);
  if (!judged.ok() && judged.error().code != ErrorCode::not_found) return judged.error();
  if (!judged.ok() || !judged->faulty.empty() || judged->people == 0) return Error(ErrorCode::invalid_input, "the table has lines to put right or to leave out", "list");
  return campaign.revision;
}

Result<std::int64_t> Campaigns::leave_out(std::string_view public_id, const Deed& deed) {
  MACHIYA_TRY(const Campaign before, p_.store.read([&](store::ReadTx& tx) { return writable_draft(tx, public_id, deed); }));
  MACHIYA_TRY(const DryRun judged, dry_run(before));
  if (judged.faulty.empty()) return std::int64_t{0};
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(Campaign campaign, writable_draft(tx, public_id, deed));
    MACHIYA_TRY(const auto list, lists_dao::find(tx, campaign.id));
    if (!list || campaign.revision != before.revision) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    std::vector<std::int64_t> lines = list->left_out;
    for (const std::uint64_t line : judged.faulty) lines.push_back(static_cast<std::int64_t>(line));
    std::sort(lines.begin(), lines.end());
    MACHIYA_CHECK(lists_dao::set_left_out(tx, list->id, lines));
    campaign.author = deed.who.actor(), campaign.author_name = deed.who.name, campaign.changed = p_.clock.now();
    MACHIYA_TRY(const bool changed, campaigns_dao::update_draft(tx, campaign, campaign.revision));
    if (!changed) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    return note(tx, campaign, "leave_out", std::to_string(judged.faulty.size()), campaign.author, campaign.author_name, deed.request);
  }));
  return static_cast<std::int64_t>(judged.faulty.size());
}

}  // namespace machiya::tell
