#include "ask/apply/drafts.h"

#include "ask/apply/draft_dao.h"
#include "ask/apply/draft_signature_dao.h"

namespace machiya::apply {
namespace {

constexpr std::string_view kContext = "draft/log";

}  // namespace

Instant Drafts::expiry(const Draft& draft) const { return Instant{clock_.now().us + (draft.person != 0 ? kKeepPersonDraft : kKeepVisitorDraft)}; }

Result<std::string> Drafts::seal(store::ReadTx& tx, const Draft& draft) {
  return vault_.seal(tx, draft.data_key, kContext, json::to_text(draft.log.to_json()));
}

Result<Draft> Drafts::insert(Draft draft, const ProcedureNow& now) {
  draft.public_id = new_public_id(rng_);
  draft.procedure = now.procedure->id;
  draft.version = now.procedure->version;
  draft.hash = now.hash;
  draft.created = draft.changed = clock_.now();
  draft.expires = expiry(draft);
  draft.changes = json::Value::array();
  return store_.write([&](store::Tx& tx) -> Result<Draft> {
    Draft fresh = draft;
    MACHIYA_TRY(fresh.data_key, vault_.create_key(tx));
    MACHIYA_TRY(const std::string sealed, seal(tx, fresh));
    MACHIYA_TRY(fresh.id, draft_dao::insert(tx, fresh, sealed));
    if (now.canonical) MACHIYA_CHECK(draft_dao::remember_definition(tx, now.hash, now.procedure->id, now.procedure->version, *now.canonical));
    return fresh;
  });
}

Result<Draft> Drafts::create(const ProcedureNow& now, const identity::Principal& who, std::int64_t on_behalf) {
  Draft draft;
  if (who.kind == identity::PrincipalKind::citizen) draft.person = who.id;
  else draft.session = who.session;
  draft.on_behalf = on_behalf;
  return insert(std::move(draft), now);
}

Result<Draft> Drafts::create_correction(const ProcedureNow& now, const identity::Principal& who, std::string_view case_number, const std::vector<std::string>& asked,
                                        interview::Log log, std::int64_t applicant) {
  Draft draft;
  draft.person = who.id;
  if (applicant != who.id) draft.on_behalf = applicant;
  draft.case_number = std::string(case_number);
  draft.asked = asked;
  draft.log = std::move(log);
  return insert(std::move(draft), now);
}

Result<Draft> Drafts::find(std::string_view public_id) {
  return store_.read([&](store::ReadTx& tx) -> Result<Draft> {
    MACHIYA_TRY(auto row, draft_dao::find(tx, public_id));
    if (!row || row->draft.expires < clock_.now()) return Error(ErrorCode::not_found, "no such draft");
    MACHIYA_TRY(const std::string text, vault_.open_sealed(tx, row->draft.data_key, kContext, row->sealed));
    MACHIYA_TRY(auto value, json::parse(text));
    MACHIYA_TRY(row->draft.log, interview::Log::from_json(value));
    return std::move(row->draft);
  });
}

Result<Draft> Drafts::change(std::string_view public_id, const std::function<Result<void>(Draft&)>& edit) {
  for (int attempt = 0;; ++attempt) {
    auto done = store_.write([&](store::Tx& tx) -> Result<Draft> {
      MACHIYA_TRY(auto row, draft_dao::find(tx, public_id));
      if (!row || row->draft.expires < clock_.now()) return Error(ErrorCode::not_found, "no such draft");
      Draft draft = std::move(row->draft);
      MACHIYA_TRY(const std::string text, vault_.open_sealed(tx, draft.data_key, kContext, row->sealed));
      MACHIYA_TRY(auto value, json::parse(text));
      MACHIYA_TRY(draft.log, interview::Log::from_json(value));
      MACHIYA_CHECK(edit(draft));
      draft.changed = clock_.now();
      if (!draft.sent()) draft.expires = expiry(draft);
      MACHIYA_TRY(const std::string sealed, seal(tx, draft));
      MACHIYA_TRY(const bool first, draft_dao::update(tx, draft, sealed));
      if (!first) return Error(ErrorCode::conflict, "draft revision");
      ++draft.revision;
      return draft;
    });
    // Somebody else's tab was faster: its entries are merged with ours in the next round.
    if (done.ok() || done.error().code != ErrorCode::conflict || done.error().detail != "draft revision" || attempt == 20) return done;
  }
}

Result<Draft> Drafts::append(std::string_view public_id, const std::function<std::vector<interview::Answer>(const Draft&)>& make) {
  return change(public_id, [&](Draft& draft) -> Result<void> {
    if (draft.sent()) return Error(ErrorCode::gone, "the draft is sent");
    auto entries = make(draft);
    if (draft.log.answers().size() + entries.size() > kMaxDraftEntries) return Error(ErrorCode::limit_exceeded, "the draft has too many entries");
    // Later than everything that is there, whatever the clocks of several servers say.
    Instant last{0};
    for (const auto& answer : draft.log.answers()) last = std::max(last, answer.at);
    const std::int64_t shift = entries.empty() || entries.front().at > last ? 0 : last.us + 1 - entries.front().at.us;
    interview::Log fresh;
    for (auto& entry : entries) {
      entry.at.us += shift;
      fresh.append(std::move(entry));
    }
    draft.log = interview::Log::merge(draft.log, fresh);
    return {};
  });
}

Result<Draft> Drafts::upgrade(std::string_view public_id, const ProcedureNow& now, json::Value changes) {
  MACHIYA_CHECK(remember(now));
  return change(public_id, [&](Draft& draft) -> Result<void> {
    draft.hash = now.hash;
    draft.version = now.procedure->version;
    draft.changes = changes;
    return {};
  });
}
Result<Draft> Drafts::dismiss_changes(std::string_view public_id) {
  return change(public_id, [](Draft& draft) -> Result<void> {
    draft.changes = json::Value::array();
    return {};
  });
}

Result<std::vector<Draft>> Drafts::of(const identity::Principal& who) {
  return store_.read([&](store::ReadTx& tx) -> Result<std::vector<Draft>> {
    std::vector<Draft> out;
    const bool citizen = who.kind == identity::PrincipalKind::citizen;
    if (!citizen && who.session.empty()) return out;
    auto rows = citizen ? draft_dao::of_person(tx, who.id, 100) : draft_dao::of_session(tx, who.session, 100);
    if (!rows.ok()) return rows.error();
    for (auto& row : *rows)
      if (!(row.draft.expires < clock_.now())) out.push_back(std::move(row.draft));
    return out;
  });
}

Result<std::optional<Draft>> Drafts::correction_of(std::string_view case_number, const identity::Principal& who) {
  return store_.read([&](store::ReadTx& tx) -> Result<std::optional<Draft>> {
    MACHIYA_TRY(auto row, draft_dao::of_correction(tx, case_number, who.id));
    if (!row || row->draft.expires < clock_.now()) return std::optional<Draft>();
    return std::optional<Draft>(std::move(row->draft));
  });
}

Result<void> Drafts::bind(store::Tx& tx, const identity::Principal& before, const identity::Principal& after) {
  if (before.kind != identity::PrincipalKind::visitor || before.session.empty() || after.kind != identity::PrincipalKind::citizen) return {};
  MACHIYA_TRY(auto bound, draft_dao::bind(tx, before.session, after.id, Instant{clock_.now().us + kKeepPersonDraft}));
  (void)bound;
  return {};
}

Result<void> Drafts::mark_sent(store::Tx& tx, std::string_view public_id, std::string_view number) {
  if (public_id.empty()) return {};
  const Instant now = clock_.now();
  MACHIYA_TRY(auto marked, draft_dao::mark_sent(tx, public_id, number, now, Instant{now.us + kKeepSentDraft}));
  (void)marked;   // false: it was sent before
  return draft_signature_dao::remove_of(tx, public_id);   // the case has it
}

Result<void> Drafts::discard(const Draft& draft) {
  // What a crash after the commit leaves behind waits for nobody, and is erased as such after a day.
  MACHIYA_TRY(const std::string released, store_.write([&](store::Tx& tx) -> Result<std::string> {
    MACHIYA_TRY(const auto now, draft_dao::find(tx, draft.public_id));
    if (!now) return std::string();
    std::string owner;
    if (!now->draft.sent()) {
      MACHIYA_TRY(owner, blobs_.release(tx, file_owner(draft.public_id)));
    }
    MACHIYA_CHECK(draft_signature_dao::remove(tx, draft.id));
    MACHIYA_CHECK(draft_dao::remove(tx, draft.id));
    MACHIYA_CHECK(vault_.erase_key(tx, draft.data_key));
    return owner;
  }));
  if (released.empty()) return {};
  MACHIYA_TRY(const int files, blobs_.erase_owned(released));
  (void)files;
  return {};
}

Result<int> Drafts::expire(int limit) {
  MACHIYA_TRY(const auto drafts, store_.read([&](store::ReadTx& tx) { return draft_dao::expired(tx, clock_.now(), limit); }));
  for (const Draft& draft : drafts) MACHIYA_CHECK(discard(draft));
  return static_cast<int>(drafts.size());
}

Result<void> Drafts::remember(const ProcedureNow& now) {
  if (!now.canonical) return {};
  {
    std::lock_guard lock(remembered_mutex_);
    if (remembered_.count(now.hash)) return {};
  }
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return draft_dao::remember_definition(tx, now.hash, now.procedure->id, now.procedure->version, *now.canonical); }));
  std::lock_guard lock(remembered_mutex_);
  remembered_.insert(now.hash);
  return {};
}
Result<std::optional<std::string>> Drafts::definition(std::string_view hash) {
  return store_.read([&](store::ReadTx& tx) { return draft_dao::definition(tx, hash); });
}
Result<std::optional<std::string>> Drafts::definition_of_version(std::string_view procedure, int version) {
  return store_.read([&](store::ReadTx& tx) { return draft_dao::definition_of_version(tx, procedure, version); });
}

}  // namespace machiya::apply
