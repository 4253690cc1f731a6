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

/// Judges lines of one table against the texts of one message.
class Judge {
 public:
  Judge(Run& run, const Draft& draft, const Contents& texts, const Template* t, const std::vector<std::string>& columns, const std::map<int, const ChannelDefinition*>& channels)
      : run_(run), texts_(texts), template_(t), columns_(columns), used_(used_columns(draft, columns)), channels_(channels) {}
  void values(const std::vector<std::string>& values) {
    for (const std::size_t i : used_) {
      const std::string& name = columns_[i];
      if (values[i].empty()) run_.found(of_value(ListFinding::What::empty, name));
      if (!template_) continue;
      for (const Variable& v : template_->variables)
        if (v.name == name && v.max > 0 && characters(values[i]) > static_cast<std::size_t>(v.max))
          run_.found(of_value(ListFinding::What::too_long, name, of(characters(values[i]), static_cast<std::size_t>(v.max))));
    }
  }
  /// Gives how many texts were rendered.
  std::int64_t texts(const std::vector<std::string>& values, const Audiences::Way* from, const Audiences::Way* to) {
    std::int64_t rendered = 0;
    std::optional<Content> content;
    int lang = -1;
    for (; from != to; ++from) {
      const auto channel = channels_.find(from->channel);
      if (channel == channels_.end()) continue;
      if (lang != from->lang) lang = from->lang, content = own(values, locale::kLanguages[static_cast<std::size_t>(lang)]);
      if (!content) continue;
      ++rendered;
      for (const TooLong& one : too_long(*channel->second, *content)) {
        ListFinding finding;
        finding.what = ListFinding::What::too_long, finding.channel = channel->second->id, finding.lang = content->lang, finding.part = one.part, finding.detail = of(one.have, one.most);
        run_.found(std::move(finding));
      }
    }
    return rendered;
  }

 private:
  static std::string of(std::size_t have, std::size_t most) { return std::to_string(have) + "/" + std::to_string(most); }
  static ListFinding of_value(ListFinding::What what, const std::string& column, std::string detail = {}) {
    ListFinding out;
    out.what = what, out.column = column, out.detail = std::move(detail);
    return out;
  }
  std::optional<Content> own(const std::vector<std::string>& values, std::string_view lang) const {
    const Content* text = for_language(texts_, lang);
    if (!text) return {};
    OwnValues filled;
    for (const std::size_t i : used_) filled[columns_[i]] = own_text(template_, columns_[i], values[i], text->lang);
    return with_own(*text, filled);
  }

  Run& run_;
  const Contents& texts_;
  const Template* template_;
  const std::vector<std::string>& columns_;
  const std::vector<std::size_t> used_;
  const std::map<int, const ChannelDefinition*>& channels_;
};

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
    Run run(out, each);
    Judge judge(run, campaign.draft, texts, t, list->columns, channels);
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
        if (row.key > 0) {
          judge.values(row.values);
        } else {
          ListFinding finding;
          finding.what = row.twice ? ListFinding::What::twice : ListFinding::What::unknown;
          if (row.twice) finding.detail = std::to_string(row.twice);
          run.found(std::move(finding));
        }
        if (run.clean()) out.texts += judge.texts(row.values, ways.data() + at, ways.data() + end);
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
