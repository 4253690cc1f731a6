// The message as an HTML page inside a mail: plain, readable by screen readers and by mail programs that know little. Pure.
#pragma once
#include <string>
#include <string_view>

#include "tell/channel/channel.h"
#include "tell/mail/domain_rules.h"

namespace machiya::tell {

/// A whole document in UTF-8 (it says `charset` of itself, in which it is going to be sent): language, one heading, paragraphs at empty lines, the
/// link, sender and way to leave. Everything is escaped; links are taken only when they are http(s).
std::string html_part(const Content& content, std::string_view leave, Charset charset);
/// The same for the part in plain text.
std::string text_part(const Content& content, std::string_view leave);

}  // namespace machiya::tell
