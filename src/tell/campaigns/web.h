// The staff pages of messages: /staff/messages.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "city/boundaries.h"
#include "platform/http/hub.h"
#include "platform/http/http.h"
#include "platform/pages/pages.h"
#include "platform/staff_pages/staff_pages.h"
#include "tell/audiences/segment.h"
#include "tell/campaigns/campaigns.h"
#include "tell/sending/sender.h"

namespace machiya::tell {

/// References must outlive the router.
struct CampaignWeb {
  Campaigns& campaigns;
  Ledger& ledger;
  Audiences& audiences;
  Sender& sender;
  store::Store& store;
  http::Hub& hub;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> staff_frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
  std::vector<std::string> channels;   ///< that the operator configured
  std::function<void(const http::Request&, const Campaign&, pages::Data&)> outlets = {};   ///< adds area, outlets and may_end to the page of a message
  std::function<Result<void>(const std::string& message, const std::string& outlet, const std::string& part)> publish_again = {};
  std::function<std::shared_ptr<const city::Boundaries>()> boundaries = {};   ///< null or gives null: approximate areas
};

inline constexpr std::string_view kMessagesBase = "/staff/messages";
void add_campaign_routes(http::Router& router, const CampaignWeb& web);

namespace detail {

using staff_pages::all_of, staff_pages::choice, staff_pages::field, staff_pages::holds, staff_pages::page, staff_pages::render, staff_pages::text;
std::string path_of(const Campaign& campaign, std::string_view rest = {});
/// Name of its state with a look that does not rely on colour.
pages::Data state_tag(const CampaignWeb& web, const http::Request& request, const Campaign& campaign, const std::optional<Ledger::Message>& message);
/// The form, filled with `draft`; `wrong`: what was refused.
http::Response form(const CampaignWeb& web, const http::Request& request, const Draft& draft, Class cls, const Campaign* campaign, const Error* wrong);
/// What was typed.
Draft typed_draft(const http::Request& request);
/// Previews by channel and language, and what has to be put right.
void add_previews(const CampaignWeb& web, const http::Request& request, const Campaign& campaign, pages::Data& data);
/// Under `plain` whether a text of the draft is plain: its reading grade, and what could be plainer. Blocks nothing.
void add_plain(const CampaignWeb& web, const http::Request& request, const Draft& draft, std::string_view lang, pages::Data& data);
/// What the ledger knows of it; nothing before it is released.
std::optional<Ledger::Message> message_of(const CampaignWeb& web, const Campaign& campaign);
/// "1,234"
std::string grouped(std::int64_t n);
/// GET /staff/messages/calendar?month=2026-11
http::Response calendar(const CampaignWeb& web, http::Request& request);
/// GET /staff/messages/{message}/report, and the same as CSV.
http::Response report(const CampaignWeb& web, http::Request& request);
http::Response report_csv(const CampaignWeb& web, http::Request& request);
/// GET /staff/messages/{message}/table, its POST (a file, lines left out, the table taken away), and the findings as CSV.
http::Response table(const CampaignWeb& web, http::Request& request);
http::Response table_act(const CampaignWeb& web, http::Request& request);
http::Response table_csv(const CampaignWeb& web, http::Request& request);
/// Progress by channel: a picture, its table, reasons.
Result<void> add_progress(const CampaignWeb& web, const http::Request& request, const Campaign& campaign, pages::Data& data);

}  // namespace detail
}  // namespace machiya::tell
