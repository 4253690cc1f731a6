// Calling out staff: who they are, how they are reached, stage after stage until they answer, and how many come.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "city/city.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"
#include "tell/audiences/audiences.h"
#include "tell/ledger/contents.h"
#include "tell/ledger/ledger.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::vault {
class Vault;
}
namespace machiya::locale {
class Catalogue;
}

namespace machiya::callout {
namespace dao {
struct MemberRow;
}

/// Permissions of policy.yaml, the purpose for names, and the scope of API clients that fire triggers.
inline constexpr std::string_view kRead = "callout.read", kStart = "callout.start", kTriggerScope = "callout.trigger";
/// A stage that calls deputies instead of a channel.
inline constexpr std::string_view kDeputy = "deputy";

struct Stage {
  std::string by;      ///< id of a channel, or kDeputy
  int minutes = 5;
};
/// Kind "callout".
struct Template final : city::Definition {
  std::string id;
  city::Text name, title, body, short_text;
  std::vector<std::string> triggers, departments;
  std::vector<Stage> stages;
};
city::Kind callout_kind();

/// One line of the staff list.
struct Entry {
  std::string number, name, role, department;
  std::map<std::string, std::string> addresses;   ///< by channel id
  std::string deputy;                             ///< staff number; "": none
};
struct ImportFault {
  std::size_t line = 0;   ///< of the table, from 1
  std::string what;       ///< "department", "name", "number", "twice", "deputy", "address", "channel"
  std::string detail;     ///< a column or an id; never a name or an address
};
struct Imported {
  std::size_t added = 0, changed = 0;
  std::vector<ImportFault> faults;   ///< with any of them nothing was taken
};
struct Member {
  std::int64_t id = 0;
  std::string public_id, department, number, name, role;
  std::vector<std::string> channels;
  bool has_deputy = false;
};

enum class State : std::uint8_t { waiting = 0, running = 1, over = 2, dropped = 3 };
enum class Duty : std::uint8_t { none = 0, comes = 1, cannot = 2 };
/// Of the person: unhurt or hurt. Of the family: safe, hurt, not known.
enum class Health : std::uint8_t { not_said = 0, good = 1, hurt = 2, unknown = 3 };
struct Answer {
  Duty duty = Duty::none;
  std::optional<Instant> arrives;   ///< of those who come
  Health self = Health::not_said, family = Health::not_said;
};
struct Callout {
  std::int64_t id = 0;
  std::string public_id;
  State state = State::waiting;
  bool drill = false;
  std::string from_template;
  city::Text title, body, short_text;
  std::vector<std::string> departments;   ///< empty: all
  std::vector<Stage> stages;
  std::string author, author_name, started_by;
  Instant created, due;
  std::optional<Instant> started, ended;
  std::int64_t listed_to = 0;
  bool listed = false;             ///< everybody is on its list
  int stage = -1;
};
/// One stage that was entered; a stage of deputies has a line for each channel.
struct Entered {
  int number = 0;
  std::string by;                  ///< kDeputy or the channel
  std::string channel;             ///< id; "" when skipped
  int channel_number = -1;
  std::int64_t message = 0, people = 0, filled_to = 0;
  std::string message_public;
  bool released = false;           ///< everybody of this stage is in the ledger
  std::string reason;              ///< why it was skipped: "not-configured", "nobody"; "": it was not
  Instant at;
};
/// Of one department, or of all. Every number counts people.
struct Strength {
  std::int64_t called = 0;      ///< are on the list of this call-out
  std::int64_t asked = 0;       ///< a message to them was placed
  std::int64_t reached = 0;     ///< a channel took one, or they answered
  std::int64_t answered = 0, comes = 0, cannot = 0, hurt = 0, family = 0;   ///< family: hurt or not known
  std::int64_t within30 = 0, within60 = 0, within180 = 0, later = 0;       ///< of those who come: minutes from the start, cut into four
  friend bool operator==(const Strength&, const Strength&) = default;
};
struct Board {
  std::map<std::string, Strength> departments;
  Strength all;
  std::vector<Entered> stages;
  Instant made;
};
/// One who was called out, with their name.
struct Called {
  Member member;
  bool asked = false, reached = false;
  std::optional<Instant> answered;
  Answer answer;
  bool deputy = false;
};

struct Parts {
  store::Store& store;
  vault::Vault& vault;
  audit::Audit& audit;
  tell::Audiences& audiences;
  tell::Ledger& ledger;
  const locale::Catalogue& texts;
  const Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  std::string base_url;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
  std::function<std::vector<std::string>()> channels;            ///< ids of those that can be used here
  std::function<void()> wake;                                    ///< the sender: something was placed
  std::function<void(const std::string& callout)> changed;       ///< live pages; short
};

/// Thread-safe.
class Callouts {
 public:
  explicit Callouts(Parts parts) : p_(std::move(parts)) {}
  ~Callouts() { stop_clock(); }

  /// All or nothing. A staff number that is known is changed, others are added; nobody is removed. `forbidden` without kStart.
  Result<Imported> import(const std::vector<Entry>& entries, const identity::Principal& who, std::string_view request);
  /// Their name is erased, addresses that were made for the call-out are left.
  Result<void> remove(std::string_view member, const identity::Principal& who, std::string_view request);
  struct Size {
    std::string department;
    std::int64_t members = 0;
  };
  Result<std::vector<Size>> sizes(const identity::Principal& who);
  /// Of a department, by id; names opened. The caller audits the read. `after`: id to go on from.
  Result<std::vector<Member>> members(const std::string& department, std::int64_t after, int limit, const identity::Principal& who);

  /// By one person, started by another. `departments` empty: the template's. `note` is added to the texts.
  Result<std::string> create(std::string_view from_template, const std::vector<std::string>& departments, std::string_view note, bool drill, const identity::Principal& who, std::string_view request);
  /// `forbidden` ("start") for who made it.
  Result<void> start(std::string_view callout, const identity::Principal& who, std::string_view request);
  /// Without a second person, by a template that names the trigger; the same key again gives the first one and starts nothing.
  Result<std::string> trigger(std::string_view trigger, bool drill, std::string_view key, const std::string& client, std::string_view request);
  /// No further stage; answers are still taken. A waiting one is dropped.
  Result<void> end(std::string_view callout, const identity::Principal& who, std::string_view request);
  /// Does everything whose time has come, in short transactions: lists people, enters stages, puts their people into the ledger. Gives the number of
  /// steps. Any process may call it, any number of times, and may die in the middle: each step is done once.
  Result<int> tick();
  /// A thread that ticks twice a second.
  void start_clock();
  void stop_clock();

  Result<Callout> find(std::string_view callout, const identity::Principal& who);
  Result<std::vector<Callout>> list(const identity::Principal& who);
  /// At most kFresh old.
  Result<std::shared_ptr<const Board>> board(const Callout& callout);
  static constexpr std::int64_t kFresh = kSecond;
  /// With names, by department; the caller audits the read.
  Result<std::vector<Called>> people(const Callout& callout, const std::string& department, int limit);

  struct Asked {
    Callout callout;
    std::int64_t member = 0;
    Answer last;                        ///< duty none: they have not answered
    std::optional<Instant> answered;
  };
  /// not_found for a token that nobody has.
  Result<Asked> by_token(std::string_view token);
  /// Kept in order, the last one counts; the first one ends the escalation for this person. invalid_input without a duty, or when they come and do not say when.
  Result<void> answer(std::string_view token, const Answer& answer);
  /// Ledger: what stands for tell::kOwnPart in a message of a stage.
  Result<std::map<std::int64_t, std::string>> tokens(store::ReadTx& tx, const std::string& message, const std::vector<std::int64_t>& recipients);
  /// Numbers of a message of the ledger have changed; nothing when it is no call-out's.
  void message_changed(std::int64_t message);

  static std::vector<store::Migration> migrations();

 private:
  Result<std::optional<ImportFault>> fault_of(const Entry& entry, std::size_t line) const;
  Result<std::vector<Member>> opened(store::ReadTx& tx, const std::vector<dao::MemberRow>& rows);
  Result<void> put_address(store::Tx& tx, std::int64_t member, int channel, const std::string& address);
  Result<bool> step(const Callout& callout);
  Result<bool> list_some(store::Tx& tx, const Callout& callout);
  Result<bool> fill_some(store::Tx& tx, const Callout& callout, const Entered& stage);
  Result<bool> enter_next(store::Tx& tx, const Callout& callout);
  Result<Entered> open_line(store::Tx& tx, const Callout& callout, int number, const std::string& by, const std::string& channel);
  Result<std::vector<std::pair<std::int64_t, int>>> deputies(store::Tx& tx, const Callout& callout, const std::vector<std::int64_t>& members);
  std::vector<std::string> usable(const Callout& callout) const;
  tell::Contents contents(const Callout& callout) const;
  void told(const std::string& callout);
  Result<Board> make_board(store::ReadTx& tx, const Callout& callout);
  Result<Callout> required(store::ReadTx& tx, std::string_view callout);
  Result<void> note(store::Tx& tx, std::string_view action, std::string_view object, const std::string& actor, std::string_view request, json::Value facts = json::Value::object());
  Result<Callout> of_template(const Template& t, const std::vector<std::string>& departments, std::string_view note, bool drill) const;

  Parts p_;
  std::mutex clock_mutex_;
  std::condition_variable wakes_;
  bool ticking_ = false, news_ = false;
  std::thread clock_thread_;
  std::map<std::string, Instant> late_;   ///< call-outs that changed; told once more when no board can be older than that
  std::mutex boards_mutex_;
  std::map<std::int64_t, std::shared_ptr<const Board>> boards_;
};

/// Counts again from the ledger's rows and the answers alone: what the board must say. For tests and doubts.
Result<Board> recount(store::Store& store, tell::Ledger& ledger, const Callout& callout);

}  // namespace machiya::callout
