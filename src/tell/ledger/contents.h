// What a message says, in all languages, as the ledger keeps it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tell/channel/channel.h"

namespace machiya::tell {

/// By language tag.
using Contents = std::map<std::string, Content>;
/// Canonical JSON; the fields of Content that are the channel's own business (leave texts, sender) are part of it.
std::string to_json(const Contents& contents);
Result<Contents> contents_in(std::string_view json);
/// The content for a reader of `lang`: their own language, else the next of the chain (ja-easy → ja; others → en → ja); nullptr when
/// there is none at all.
const Content* for_language(const Contents& contents, std::string_view lang);

/// In a text: the place of a recipient's own value, "{own:due}". What a person types cannot make one: "own:" is no name of a slot.
inline constexpr std::string_view kOwnValue = "{own:";
bool has_own(const Content& content);
/// By name.
using OwnValues = std::map<std::string, std::string, std::less<>>;
/// The content as this recipient reads it; nothing when a value is not there. Values are not looked at for places.
std::optional<Content> with_own(const Content& content, const OwnValues& values);
/// For who may not see values: "{due}" (`mark` empty), or `mark` in their stead.
std::string without_own(std::string_view text, std::string_view mark = {});

}  // namespace machiya::tell
