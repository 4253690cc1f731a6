// The kind "document": a PDF made anew from what its pages show. Runs in the worker process only.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::worker {

/// A new PDF holds the pages' contents and what these draw with: fonts, pictures, forms, colours, patterns. Annotations and form fields are
/// drawn into the page as they looked. Everything else is left behind: scripts, actions, launches, links, embedded files, forms, metadata, layers,
/// references to other files. Pictures inside stay coded as they were; a page that needs a coding this program does not know keeps it unread.
/// invalid_input for what is no PDF, is broken beyond repair or asks for a password; too_large beyond the limits.
Result<std::string> clean_document(std::string_view content);

}  // namespace machiya::worker
