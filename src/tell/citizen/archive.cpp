#include "tell/citizen/archive.h"

#include <algorithm>
#include <map>

#include "platform/locale/locale.h"

namespace machiya::tell {
namespace {
constexpr int kLongestChain = 50;
constexpr std::string_view kAllClear = "AllClear";

/// "https://city.example:8443/x" → "city.example": names the sender in CAP and the authority of tag: addresses (RFC 4151).
std::string host_of(std::string_view url) {
  const std::size_t from = url.find("://") == std::string_view::npos ? 0 : url.find("://") + 3;
  return std::string(url.substr(from, url.find_first_of(":/", from) - from));
}

bool has_both(const Draft& draft, std::string_view lang) { return draft.title.has(lang) && draft.body.has(lang); }

std::vector<std::string_view> chain(std::string_view lang) {
  if (lang == "ja") return {"ja"};
  if (lang == "ja-easy") return {"ja-easy", "ja"};
  if (lang == "en") return {"en", "ja"};
  return {lang, "en", "ja"};
}

/// The enumerator whose word in CAP is this; `otherwise` when a definition has left it out.
template <class Word>
Word word_in(std::string_view text, Word last, Word otherwise) {
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (bulletins::word(static_cast<Word>(i)) == text) return static_cast<Word>(i);
  return otherwise;
}

bulletins::Names names_of(const city::Text& text) {
  bulletins::Names out;
  for (const auto& [lang, name] : text.all()) out.emplace_back(lang, name);
  return out;
}
}  // namespace

std::string filled(std::string_view text, const Slots& slots, std::string_view lang) {
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(text)) {
    if (piece.kind == locale::TextPiece::Kind::ruby) {
      out += "{" + piece.text + "|" + piece.reading + "}";
    } else if (piece.kind == locale::TextPiece::Kind::argument) {
      const auto slot = slots.find(piece.text);
      out += slot == slots.end() || slot->second.empty() ? "{" + piece.text + "}" : slot->second.in(lang);
    } else {
      out += piece.text;
    }
  }
  return out;
}

Archive::Archive(Campaigns& campaigns, const Clock& clock, CityNow city, std::string base_url)
    : campaigns_(campaigns), clock_(clock), city_(std::move(city)), base_url_(std::move(base_url)), host_(host_of(base_url_)) {}

const Template* Archive::template_of(const city::City& city, const Campaign& campaign) const {
  return campaign.draft.from_template.empty() ? nullptr : city.get<Template>("message", campaign.draft.from_template);
}

Result<Published> Archive::published(Campaign campaign) const {
  Published out;
  out.sent = std::max(campaign.released.value_or(campaign.changed), campaign.draft.start.value_or(Instant{0}));
  const auto city = city_();
  const Template* t = template_of(*city, campaign);
  out.all_clear = t && t->alert.response == kAllClear;
  out.thread = campaign.public_id;
  std::string before = campaign.draft.follows;
  for (int i = 0; i < kLongestChain && !before.empty(); ++i) {
    MACHIYA_TRY(const auto earlier, campaigns_.published_one(before));
    if (!earlier) break;   // withdrawn: the row begins behind it
    out.thread = earlier->public_id, before = earlier->draft.follows;
  }
  out.campaign = std::move(campaign);
  return out;
}

Result<Archive::List> Archive::read() const {
  MACHIYA_TRY(auto campaigns, campaigns_.published(kKept));
  auto out = std::make_shared<std::vector<Published>>();
  std::map<std::string, std::vector<std::string>, std::less<>> later;
  for (Campaign& campaign : campaigns) {
    if (!campaign.draft.follows.empty()) later[campaign.draft.follows].push_back(campaign.public_id);
    MACHIYA_TRY(Published one, published(std::move(campaign)));
    out->push_back(std::move(one));
  }
  for (Published& one : *out)
    if (const auto found = later.find(one.campaign.public_id); found != later.end()) one.followed_by.assign(found->second.rbegin(), found->second.rend());
  return List(std::move(out));
}

Result<Archive::List> Archive::list() const {
  std::lock_guard lock(mutex_);
  const Instant now = clock_.now();
  if (kept_ && now.us - read_.us < kFresh && now.us >= read_.us) return kept_;
  MACHIYA_TRY(kept_, read());
  read_ = now;
  return kept_;
}

Result<std::optional<Published>> Archive::find(std::string_view public_id) const {
  MACHIYA_TRY(auto found, campaigns_.published_one(public_id));
  if (!found) return std::optional<Published>();
  MACHIYA_TRY(Published out, published(std::move(*found)));
  MACHIYA_TRY(const List all, list());
  for (const Published& one : *all)
    if (one.campaign.draft.follows == public_id) out.followed_by.insert(out.followed_by.begin(), one.campaign.public_id);
  return std::optional<Published>(std::move(out));
}

Result<std::vector<Published>> Archive::standing() const {
  MACHIYA_TRY(const List all, list());
  std::vector<Published> out;
  const Instant now = clock_.now();
  std::vector<std::string> threads;
  for (const Published& one : *all) {
    if (one.campaign.cls != Class::emergency) continue;
    if (std::find(threads.begin(), threads.end(), one.thread) != threads.end()) continue;   // a newer one of this row was seen
    threads.push_back(one.thread);
    if (now.us - one.sent.us <= (one.all_clear ? kClear : kStanding)) out.push_back(one);
  }
  return out;
}

Shown Archive::shown(const Campaign& campaign, std::string_view lang) const {
  const Slots slots = campaigns_.slots_of(campaign.draft);
  for (const std::string_view one : chain(lang))
    if (has_both(campaign.draft, one)) return {std::string(one), filled(campaign.draft.title.in(one), slots, one), filled(campaign.draft.body.in(one), slots, one)};
  return {"ja", filled(campaign.draft.title.in("ja"), slots, "ja"), filled(campaign.draft.body.in("ja"), slots, "ja")};
}

std::vector<std::string> Archive::languages(const Campaign& campaign) const {
  std::vector<std::string> out;
  for (const std::string_view lang : locale::kLanguages)
    if (has_both(campaign.draft, lang)) out.emplace_back(lang);
  return out;
}

bool Archive::is_alert(const Campaign& campaign) const {
  const auto city = city_();
  return campaign.cls == Class::emergency && template_of(*city, campaign) != nullptr;
}

void Archive::add_alert(const Published& published, bulletins::Notice& notice) const {
  namespace b = bulletins;
  const auto city = city_();
  const AlertWords& words = template_of(*city, published.campaign)->alert;
  b::Hazard hazard;
  hazard.categories = {word_in(words.category, b::Category::other, b::Category::other)};
  if (!words.response.empty()) hazard.responses = {word_in(words.response, b::Response::none, b::Response::none)};
  hazard.urgency = word_in(words.urgency, b::Urgency::unknown, b::Urgency::unknown);
  hazard.severity = word_in(words.severity, b::Severity::unknown, b::Severity::unknown);
  hazard.certainty = word_in(words.certainty, b::Certainty::unknown, b::Certainty::unknown);
  hazard.level = words.level;
  for (b::Wording& one : notice.wordings)
    if (one.lang == "ja") one.event = words.event;
  notice.hazard = std::move(hazard);
  notice.sender = host_;
  notice.cap_url = notice.url + ".cap";
  for (const std::string& id : published.campaign.draft.wards)
    if (const city::Ward* ward = city->ward(id)) notice.areas.push_back({names_of(ward->name), {}, {{std::string(b::kJisMunicipality), ward->code}}});
  if (notice.areas.empty()) notice.areas.push_back({names_of(city->name()), {}, {}});
}

bulletins::Notice Archive::notice(const Published& published) const {
  bulletins::Notice out;
  const Campaign& campaign = published.campaign;
  const auto city = city_();
  out.id = campaign.public_id, out.thread = published.thread, out.category = campaign.draft.topic;
  out.url = base_url_ + "/messages/" + campaign.public_id;
  out.published = out.sent = published.sent;
  for (const std::string& lang : languages(campaign)) {
    Shown texts = shown(campaign, lang);
    out.wordings.push_back({lang, std::move(texts.title), std::move(texts.body), "", "", city->name().in(lang)});
  }
  const auto earlier = campaign.draft.follows.empty() ? Result<std::optional<Campaign>>(std::optional<Campaign>()) : campaigns_.published_one(campaign.draft.follows);
  if (earlier.ok() && *earlier) {
    const Instant then = std::max((*earlier)->released.value_or((*earlier)->changed), (*earlier)->draft.start.value_or(Instant{0}));
    out.act = bulletins::Act::update;
    out.references.push_back({host_, (*earlier)->public_id, then});
    out.published = std::min(then, out.sent);
  }
  if (is_alert(campaign)) add_alert(published, out);
  return out;
}

}  // namespace machiya::tell
