// The data of a case's page: answers by page, history, evidence. Used by staff pages.
#pragma once
#include "ask/cases/web.h"

namespace machiya::cases::detail {

/// Sections for parts/check_answers: the answers by page, repeats item by item, then what was calculated.
pages::Data answer_sections(const CaseView& view, const std::string& lang, std::string_view calculated_title);
/// Entries for parts/timeline, newest last.
pages::Data history(const Web& web, const CaseView& view, const std::string& lang);
/// Files of the case with their addresses below /staff/cases/{number}/files/.
pages::Data evidence(const CaseView& view, const std::string& lang);
/// The label of a field ("members/born" gives the item's question).
std::string field_label(const CaseView& view, const std::string& field, const std::string& lang);
/// Name of an action or of a system entry of the history ("submit", "note", "assign", "propose:grant").
std::string action_name(const Web& web, const CaseView& view, const std::string& action, const std::string& lang);

}  // namespace machiya::cases::detail
