// What a message says, in all languages, as the ledger keeps it.
#pragma once
#include <map>
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

}  // namespace machiya::tell
