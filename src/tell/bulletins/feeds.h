// Notices as feeds: Atom (RFC 4287) and RSS 2.0, one language each, paged or archived after RFC 5005.
#pragma once
#include <string>
#include <vector>

#include "tell/bulletins/notice.h"

namespace machiya::bulletins {

/// Addresses of RFC 5005; "" is left out. §3 (paged): first … last. §4 (archived): current, prev_archive, next_archive.
struct Paging {
  std::string first, previous, next, last;
  std::string current, prev_archive, next_archive;
  bool archive = false;    ///< this document never changes again (fh:archive)
  bool complete = false;   ///< there is nothing but this document (fh:complete)
};

/// One feed in one language. Titles and author are plain text in that language.
struct Feed {
  std::string lang = "ja";
  std::string id;         ///< Atom id of the feed: an IRI that stays, also when `self` moves
  std::string entry_id;   ///< what stands before a thread's id in an entry's Atom id and RSS guid ("tag:city.example,2026:notice/"; RFC 4151)
  std::string title, subtitle, author;
  std::string self;       ///< address of this very document
  std::string page;       ///< address of the page for people
  Paging paging;
  Instant updated;        ///< of an empty feed; else the newest notice counts
};

/// One entry per thread: of several messages of one thread the newest (RFC 4287 §4.1.1: entries with one id are one entry). Newest first.
/// The text is XHTML with <ruby> where the notice gives readings. An alert's entry links its CAP file (type application/cap+xml).
/// invalid_input as check(), with "notices/3/…" in `where`; "feed/…" when the feed's own ids, addresses or titles are missing.
Result<std::string> atom(const Feed& feed, const std::vector<Notice>& notices);
/// The same as RSS 2.0 (version 2.0.11 of the board): description is HTML, guid is no address, times are RFC 822 in GMT.
Result<std::string> rss(const Feed& feed, const std::vector<Notice>& notices);

}  // namespace machiya::bulletins
