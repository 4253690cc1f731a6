// Messages that staff write to many: drafted, checked against every channel, released by a second person, and put on their way.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "city/city.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"
#include "tell/audiences/audiences.h"
#include "tell/campaigns/lists.h"
#include "tell/ledger/contents.h"
#include "tell/ledger/ledger.h"
#include "tell/messages/rendering.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::vault {
class Vault;
}
namespace machiya::locale {
class Catalogue;
}

namespace machiya::tell {
namespace lists_dao {
struct List;
}

/// What a member of staff fills in.
struct Draft {
  city::Text title, body, short_text;
  std::string from_template;             ///< id of the template that the texts came from; "": typed
  std::map<std::string, std::string> slots;
  std::string topic;                     ///< id; "": everybody who can be reached (emergencies)
  std::string segment;                   ///< id of a segment; "": everybody who chose the topic
  std::vector<std::string> wards;        ///< of an emergency: who said that they live there; empty: the whole city
  std::vector<std::string> towns;        ///< of an emergency, "港区 築港三丁目": within their wards only these; a ward without any is meant whole
  std::vector<std::string> channels;     ///< ids; empty: all
  bool first_only = false;
  bool drill = false;
  std::string follows;                   ///< public id of the message that this one updates or ends
  std::optional<Instant> start;          ///< nothing: at once
  std::vector<std::string> columns;      ///< variables that each recipient has their own value of: of the attached table (Campaigns::attach() alone)
};
/// What was typed as a time and is none: refused at "start".
inline constexpr Instant kNoTime{-1};
json::Value to_json(const Draft& draft);
Draft draft_in(const json::Value& value);

enum class CampaignState : std::uint8_t { draft = 0, waiting = 1, released = 2, cancelled = 3, dropped = 4 };

struct Campaign {
  std::int64_t id = 0;
  std::string public_id;
  Class cls = Class::many;
  CampaignState state = CampaignState::draft;
  int revision = 1;
  std::string department;
  Draft draft;
  std::int64_t message = 0;       ///< the ledger's key; 0: not on its way
  std::string author, author_name, submitted_by, released_by;
  Instant created, changed;
  std::optional<Instant> released;
};
struct CampaignEvent {
  std::string what, note, actor_name;
  Instant at;
};

/// Who does it. Permission and department are asked of the port.
struct Deed {
  const identity::Principal& who;
  std::string request;
};

/// Permissions of policy.yaml.
inline constexpr std::string_view kReadMessages = "message.list", kWriteMessages = "message.write", kReleaseMessages = "message.release",
                                  kWriteEmergencies = "emergency.write", kReleaseEmergencies = "emergency.release";

struct CampaignParts {
  store::Store& store;
  Audiences& audiences;
  Ledger& ledger;
  audit::Audit& audit;
  const locale::Catalogue& texts;
  const Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  std::string base_url;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
  std::function<std::int64_t()> channels;   ///< bits of those that can be used here
  std::function<void()> wake;          ///< the sender: something was placed or cancelled
  /// Outlets for everybody (outlets/publications.h): what is written in the transaction of a release; made before it.
  std::function<Result<std::function<Result<void>(store::Tx&)>>(const Campaign&)> publish = {};
  std::function<Result<void>(store::Tx&, std::string_view public_id)> withdraw = {};   ///< in the transaction of a cancel
  vault::Vault* vault = nullptr;   ///< seals attached tables; without it none can be attached
};

/// What a machine or an office says that fires a trigger.
struct Fired {
  std::string trigger;
  std::map<std::string, std::string> slots;
  std::vector<std::string> wards;   ///< empty: the whole city
  bool drill = false;
  std::string key;                  ///< of this firing: the same one again gives the first message and sends nothing; "": none
  std::string by;                   ///< actor, for the audit ("client:…")
  std::string request;
};

/// A line of Draft::towns: its ward (by name or id) and the town's name; nullptr when there is no such ward.
struct TownOf {
  const city::Ward* ward = nullptr;
  std::string town;
};
TownOf town_in(const city::City& city, std::string_view line);

/// Thread-safe.
class Campaigns {
 public:
  explicit Campaigns(CampaignParts parts) : p_(std::move(parts)) {}

  /// Names of a ward's towns, by its code; before anything else is called. Without it no town can be chosen: a name that nobody knows would
  /// leave those out who live there.
  void use_towns(std::function<std::vector<std::string>(std::string_view ward_code)> towns) { towns_ = std::move(towns); }
  std::vector<std::string> towns_of(std::string_view ward_code) const { return towns_ ? towns_(ward_code) : std::vector<std::string>(); }

  /// Whose cases these are, by receipt number, in that order; 0: no such case that this member of staff may read, or nobody's.
  using Applicants = std::function<Result<std::vector<std::int64_t>>(store::ReadTx&, const identity::Principal&, const std::vector<std::string>& numbers)>;
  /// Before anything else is called. Without it no table can name people by their cases: nobody is found.
  void use_applicants(Applicants applicants) { applicants_ = std::move(applicants); }

  /// Errors: forbidden; invalid_input with the field in `where`.
  Result<std::string> create(const Draft& draft, Class cls, const Deed& deed);
  /// `conflict` when somebody changed it since `revision`, or it is no draft any more.
  Result<void> change(std::string_view public_id, int revision, const Draft& draft, const Deed& deed);
  /// From the author to a second person. invalid_input when a check fails (findings() names all).
  Result<void> submit(std::string_view public_id, const Deed& deed);
  Result<void> send_back(std::string_view public_id, std::string_view note, const Deed& deed);
  /// By somebody who neither wrote nor submitted it: from here on it is sent. `forbidden` for the author.
  Result<void> release(std::string_view public_id, const Deed& deed);
  /// Stops what is on its way, drops what is not.
  Result<void> cancel(std::string_view public_id, const Deed& deed);
  /// The all-clear of a released emergency by its template's own, with the same slots and wards: handed in for a second person. Gives its id.
  /// not_found when the template names none; conflict when it is not released.
  Result<std::string> end(std::string_view public_id, const Deed& deed);
  /// An emergency whose template names this trigger, released at once without a second person (J-ALERT and the like). An all-clear follows the
  /// newest emergency that names it as its end. not_found when no template names the trigger; invalid_input ("slots", "wards"); conflict when the key
  /// came before with other words.
  Result<std::string> trigger(const Fired& fired);

  /// A table with values of each recipient's own, for a draft to many; replaces an earlier one and makes `deed` the author. Only names of columns and
  /// rows that are sealed are kept; how a row named its person is not. Errors: invalid_input "list" (faults, or no vault), "segment" (a table names
  /// its people by itself); conflict when it is no draft.
  struct Attached {
    std::int64_t rows = 0, found = 0;
  };
  Result<Attached> attach(std::string_view public_id, const ListTable& table, const Deed& deed);
  Result<void> detach(std::string_view public_id, const Deed& deed);
  /// Renders every recipient in each of their channels and judges the lengths; looks at nobody's topics. `each`: every finding, in no order. not_found when no
  /// table is attached (any more).
  Result<DryRun> dry_run(const Campaign& campaign, const std::function<void(const ListFinding&)>& each = {});
  /// Every line with a finding stays out of the message; how many is in the history. Gives how many more are out now.
  Result<std::int64_t> leave_out(std::string_view public_id, const Deed& deed);
  /// SenderOptions::values.
  Result<std::map<std::int64_t, OwnValues>> own_values(store::ReadTx& tx, std::string_view public_id, std::string_view lang, const std::vector<std::int64_t>& recipients);
  /// Goes on with what a process that died left half placed; removes tables of messages that have ended, and of drafts that nobody touched for
  /// kListDays. Gives how many were removed. Now and then, by one thread.
  static constexpr int kListDays = 90;
  Result<std::int64_t> tend_lists();

  Result<Campaign> find(std::string_view public_id, const Deed& deed);
  struct Filter {
    std::optional<CampaignState> state;
    std::int64_t before = 0;   ///< id to go on from; 0: the newest
    int limit = 50;
  };
  Result<std::vector<Campaign>> list(const Filter& filter, const Deed& deed);
  /// What begins, or began, in [from, to), the earliest first; at most `limit`. Drafts with a time of their own too.
  Result<std::vector<Campaign>> starting(Instant from, Instant to, int limit, const Deed& deed);
  Result<std::vector<CampaignEvent>> history(const Campaign& campaign);
  /// Released ones that are no drill, newest first: for the archive and feeds that everybody reads.
  Result<std::vector<Campaign>> published(int limit, std::string_view topic = {});
  Result<std::optional<Campaign>> published_one(std::string_view public_id);
  /// Everything of a class that was released since, drills, cancelled ones and those that begin later included, newest first.
  Result<std::vector<Campaign>> released(Class cls, Instant since, int limit);
  /// Ledger message → public id; "" for what is no campaign.
  Result<std::string> public_id_of(std::int64_t message);

  /// Of an emergency nothing that is merely too long blocks: a warning does not wait for one translation to be cut.
  std::vector<Finding> findings(const Draft& draft, Class cls) const;
  Contents contents(const Draft& draft, Class cls, const std::string& public_id) const;
  /// What stands in the slots of the draft's texts, words that are choices in every language; for pages and feeds, which keep readings.
  Slots slots_of(const Draft& draft) const;
  Result<Segment::Preview> reach(const Draft& draft, Class cls);
  /// Where the people live whom a message of the ledger is for, as they said. Reads all its rows.
  struct WardReach {
    std::map<std::string, std::int64_t, std::less<>> wards;   ///< id → people
    std::int64_t silent = 0;                                  ///< never said where
  };
  Result<WardReach> ward_reach(std::int64_t message);

  static std::vector<store::Migration> migrations();

 private:
  bool may_write(const identity::Principal& who, Class cls, std::string_view department) const;
  bool may_release(const identity::Principal& who, Class cls, std::string_view department) const;
  Result<void> check_choices(const Draft& draft, Class cls) const;
  Result<Order> order_of(const Campaign& campaign, const Draft& draft);
  Result<void> put_on_its_way(const Campaign& campaign, const std::string& actor, const std::string& actor_name, std::string_view request);
  Result<std::int64_t> channel_bits(const Draft& draft) const;
  Result<std::shared_ptr<const Segment>> segment_of(const Draft& draft) const;
  Result<void> note(store::Tx& tx, const Campaign& campaign, std::string_view what, std::string_view text, const std::string& actor, const std::string& actor_name, std::string_view request);
  Result<Campaign> required(store::ReadTx& tx, std::string_view public_id);
  Result<Campaign> fired_draft(const Fired& fired, const Template& t);
  const Template* template_of(const city::City& city, const Draft& draft) const;
  struct Stored;   ///< a row of an attached table (lists.cpp)
  Result<Campaign> writable_draft(store::ReadTx& tx, std::string_view public_id, const Deed& deed);
  Result<std::vector<std::int64_t>> found_in(store::ReadTx& tx, NamedBy by, const std::vector<std::string>& who, const identity::Principal& reader);
  Result<std::vector<Stored>> resolved(const ListTable& table, const identity::Principal& reader);
  Result<std::int64_t> store_list(std::int64_t campaign, const ListTable& table, const std::vector<Stored>& rows);
  Result<void> remove_list(store::Tx& tx, std::int64_t list, std::int64_t data_key);
  Result<std::vector<Stored>> opened(store::ReadTx& tx, std::int64_t data_key, const std::string& sealed);
  Result<void> each_part(store::ReadTx& tx, const lists_dao::List& list, const std::function<Result<void>(std::vector<Stored>&)>& each);
  Result<std::vector<std::int64_t>> list_recipients(std::int64_t campaign);
  Result<void> add_listed(std::int64_t message, const std::vector<std::int64_t>& recipients);
  /// Revision of a draft whose table has nothing to put right; 0: it has no table.
  Result<int> judged_revision(std::string_view public_id);

  CampaignParts p_;
  std::function<std::vector<std::string>(std::string_view)> towns_;
  Applicants applicants_;
};

}  // namespace machiya::tell
