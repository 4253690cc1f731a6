// Questions of an interview as controls of a page, and posted forms as its fields: for every module whose pages ask questions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "ask/interview/interview.h"
#include "ask/interview/procedure.h"
#include "platform/blobs/blobs.h"
#include "platform/http/http.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"

namespace machiya::apply {

/// One control of a page as web/README.md says. `files` is the address below which its stored pictures are: "/drafts/…/files/".
pages::Data field_data(const interview::Procedure& procedure, const interview::PageState& page, const interview::QuestionState& now, std::string_view files, std::string_view lang,
                       const locale::Catalogue& texts, const locale::ReferenceData* reference);
/// The town of a postal code, and the names of a bank and its branch, filled in from the tables (null: none). `asked`: the button
/// was pressed, what stands there is replaced.
void complete_address(const locale::ReferenceData* reference, const std::string& name, bool asked, interview::Fields& fields);
void complete_bank(const locale::ReferenceData* reference, const std::string& name, interview::Fields& fields);
/// Stores the uploads of a question for `owner` and names what it holds then (those before, less the removed, and the new ones) as
/// "<name>.item". `trouble` becomes a key of the catalogue when a file was refused.
void take_files(const http::Request& request, const interview::QuestionState& now, std::string_view owner, blobs::Blobs& blobs, interview::Fields& fields, std::string& trouble);
/// A text of a definition for a page: with its readings as ruby in やさしい日本語.
pages::Data rich(std::string_view text, std::string_view lang);
/// The same without braces, for titles, PDF and programs: of "{漢字|かんじ}" only the word.
std::string plain(std::string_view text);
/// "1.2 MB".
std::string size_text(std::int64_t bytes);


}  // namespace machiya::apply
