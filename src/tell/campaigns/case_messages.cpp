#include "tell/campaigns/case_messages.h"

#include <algorithm>

#include "platform/locale/locale.h"

namespace machiya::tell {
namespace {
constexpr std::string_view kEvents[] = {"case.submitted.v1", "case.changed.v1", "case.decided.v1", "case.withdrawn.v1"};
constexpr std::string_view kOwnMail = "mail";

bool holds(const std::vector<std::string>& list, const std::string& one) { return list.empty() || std::find(list.begin(), list.end(), one) != list.end(); }
}  // namespace

Result<void> CaseMessages::connect(events::Events& events) {
  MACHIYA_TRY(mail_, p_.audiences.number("channel", kOwnMail));
  for (const std::string_view type : kEvents)
    events.subscribe("tell-case-messages", std::string(type), [this](store::Tx& tx, const events::Event& event) { return told(tx, event); });
  return {};
}

const Template* CaseMessages::template_for(const city::City& city, std::string_view type, const json::Value& payload) {
  const Template* general = nullptr;
  for (const city::Loaded* loaded : city.all("message")) {
    const auto& t = static_cast<const Template&>(*loaded->definition);
    if (t.on != type || !holds(t.states, payload.text("state")) || !holds(t.procedures, payload.text("procedure"))) continue;
    if (!t.procedures.empty()) return &t;
    if (!general) general = &t;
  }
  return general;
}

Result<void> CaseMessages::told(store::Tx& tx, const events::Event& event) {
  const auto city = p_.city();
  const Template* t = template_for(*city, event.type, event.payload);
  if (!t) return {};
  const std::string& number = event.payload.text("number");
  MACHIYA_TRY(const auto person, p_.applicant(tx, number));
  if (!person) return {};
  MACHIYA_TRY(const std::int64_t recipient, p_.audiences.recipient_of(tx, *person, 0));
  MACHIYA_TRY(const auto known, p_.audiences.by_id(tx, recipient));
  // Whoever was never asked how they want to hear of their own affairs hears of them at the mailbox that they log in with. Who left every
  // channel is not written to again.
  MACHIYA_TRY(const auto consents, p_.audiences.consents(tx, recipient));
  if (known && known->channels.empty() && consents.empty()) {
    MACHIYA_TRY(const std::string mailbox, p_.mailbox(tx, *person));
    if (mailbox.empty()) return {};
    MACHIYA_TRY(const std::int64_t owner, p_.audiences.subscribe(tx, recipient, mail_, mailbox, 0, known->lang, "log-in"));
    (void)owner;
  }
  tell::Frame frame;
  frame.sender = city->name();
  frame.link = p_.base_url + "/applications/" + number;
  std::vector<std::pair<std::string, std::string>> open, why;
  for (const std::string_view lang : locale::kLanguages) {
    open.emplace_back(lang, p_.texts.text(lang, "messages.open"));
    why.emplace_back(lang, p_.texts.text(lang, "messages.why"));
  }
  frame.link_text = city::Text(std::move(open)), frame.leave_text = city::Text(std::move(why));
  Order order;
  order.public_id = new_public_id(p_.rng), order.cls = Class::personal, order.listed = true, order.recipients = {recipient}, order.first_only = t->first_only, order.channels = p_.channels;
  order.contents = to_json(render({t->title, t->body, t->short_text}, {{"number", city::Text(json::Value(number))}, {"procedure", p_.procedure_name(event.payload.text("procedure"))}, {"city", city->name()}}, frame));
  order.start = p_.clock.now();
  MACHIYA_TRY(const std::int64_t placed, p_.ledger.place(tx, order));
  (void)placed;
  tx.after_commit([wake = p_.wake] { wake(); });
  return {};
}

}  // namespace machiya::tell
