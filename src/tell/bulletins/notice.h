// One alert or notice as the city means it, before any public format. Everything here is about the public: no personal data.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/geo.h"
#include "base/result.h"
#include "base/time.h"

namespace machiya::bulletins {

/// CAP 1.2 §3.2.1 <status>, <msgType>, as far as a city sends them.
enum class Status : std::uint8_t { actual, exercise, test };
enum class Act : std::uint8_t { alert, update, cancel };
/// CAP 1.2 §3.2.2, in the order of the standard's lists.
enum class Category : std::uint8_t { geo, met, safety, security, rescue, fire, health, env, transport, infra, cbrne, other };
enum class Response : std::uint8_t { shelter, evacuate, prepare, execute, avoid, monitor, assess, all_clear, none };
enum class Urgency : std::uint8_t { immediate, expected, future, past, unknown };
enum class Severity : std::uint8_t { extreme, severe, moderate, minor, unknown };
enum class Certainty : std::uint8_t { observed, likely, possible, unlikely, unknown };
/// The word that stands in CAP ("Met", "AllClear").
std::string_view word(Status v);
std::string_view word(Act v);
std::string_view word(Category v);
std::string_view word(Response v);
std::string_view word(Urgency v);
std::string_view word(Severity v);
std::string_view word(Certainty v);

/// What a notice says in one language. In "ja" and "ja-easy" a word may carry its reading, "{漢字|かんじ}".
struct Wording {
  std::string lang;          ///< one of locale::kLanguages
  std::string title;         ///< one line; never empty
  std::string body;          ///< plain text; an empty line parts paragraphs
  std::string instruction;   ///< what people should do; "": nothing beyond the body
  std::string event;         ///< alerts: the event's name in this language ("避難指示"); "": the title
  std::string sender;        ///< the sender's name in this language
};

/// What makes a notice an alert.
struct Hazard {
  std::vector<Category> categories;   ///< at least one
  std::vector<Response> responses;
  Urgency urgency = Urgency::unknown;
  Severity severity = Severity::unknown;
  Certainty certainty = Certainty::unknown;
  int level = 0;   ///< 警戒レベル 1–5 (避難情報に関するガイドライン, 内閣府); 0: none
  std::vector<std::pair<std::string, std::string>> codes;   ///< CAP eventCode: name of the code list, code
  std::optional<Instant> onset;
};

/// A name or text per language tag.
using Names = std::vector<std::pair<std::string, std::string>>;
struct Area {
  Names names;
  std::vector<Ring> polygons;   ///< outer lines only: CAP cannot say holes. Each at least three different points
  std::vector<std::pair<std::string, std::string>> codes;   ///< name of the code list (kJisMunicipality …), code
};
/// JIS X 0402: prefecture and municipality or ward, five digits.
inline constexpr std::string_view kJisMunicipality = "JIS X 0402";
/// The five digits and the statistical code of the town (町丁・大字) behind them.
inline constexpr std::string_view kTown = "JIS X 0402+town";

/// An earlier message that this one updates or cancels (CAP 1.2 §3.2.1 <references>).
struct Reference {
  std::string sender, id;
  Instant sent;
};

struct Notice {
  std::string id;         ///< of this message; no white space, comma, '<' or '&' (CAP 1.2 §3.2.1 <identifier>)
  std::string thread;     ///< id of the first message of its row of updates; "": id
  std::string sender;     ///< who sends, as CAP knows it ("kiki@city.example"); as strict as id. Alerts only
  std::string url;        ///< absolute address of the message's own page; "": none
  std::string cap_url;    ///< absolute address of its CAP file; "": none
  std::string category;   ///< the city's key ("disaster")
  std::vector<Wording> wordings;   ///< at least one, each language once
  Instant published;      ///< of the thread's first message
  Instant sent;           ///< of this message; not before `published`
  std::optional<Instant> expires;
  Status status = Status::actual;
  Act act = Act::alert;
  std::vector<Reference> references;   ///< update, cancel: at least one; alert: none
  std::string note;       ///< exercise: its name (CAP 1.2 asks for it in <note>)
  std::optional<Hazard> hazard;   ///< none: an ordinary notice, which CAP cannot carry
  std::vector<Area> areas;
};

/// invalid_input with the field in `where` ("wordings/1/title", "areas/0/polygons/2") when a rule above is broken, a text is no UTF-8,
/// a variable "{name}" was not filled in, or a time is outside of the years 1970–9999. Pure, like everything in this module.
Result<void> check(const Notice& notice);
/// `check`, and what only an alert needs: sender and hazard.
Result<void> check_alert(const Notice& notice);

/// Something that a person should see before this goes out; never a reason for the program to change the text by itself.
struct Problem {
  std::string rule;    ///< "too-long", "charset", "url", "no-reading" …
  std::string field;   ///< "title", "body", "text"
  std::size_t at = 0, length = 0;   ///< code points within the field as it goes out
  std::string ja, en;
};

/// An absolute http(s) address of printable ASCII (RFC 3986 characters).
bool is_address(std::string_view text);

/// The wording in this language, or the next that a reader of it can be offered: ja-easy → ja; en → ja; others → en → ja; then the
/// first there is (the order of locale::Catalogue).
const Wording& wording_for(const Notice& notice, std::string_view lang);
/// The same for names; "" when there are none.
std::string_view name_for(const Names& names, std::string_view lang);
/// Wordings in the house's order of languages: ja first.
std::vector<const Wording*> in_order(const Notice& notice);
/// The language tag of BCP 47: "ja-easy" is "ja-x-easy", the others stand for themselves.
std::string tag(std::string_view lang);

/// Readings in brackets in ja-easy ("漢字（かんじ）"), left out elsewhere.
std::string plain(std::string_view text, std::string_view lang);
/// The title as plain text, led by 【訓練】 or 【試験】 in its language unless the notice is meant. Idempotent.
std::string marked_title(const Notice& notice, const Wording& wording);
/// "訓練" or "試験" in a language; "" for what is meant.
std::string_view status_word(Status status, std::string_view lang);
/// Paragraphs of a text: parted by empty lines, CR LF read as LF, white space at both ends left out.
std::vector<std::string> paragraphs(std::string_view text);
/// Body, and the instruction as a paragraph of its own behind it.
std::vector<std::string> all_paragraphs(const Wording& wording);

}  // namespace machiya::bulletins
