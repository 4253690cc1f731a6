// The staff pages of messages: /staff/messages.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/hub.h"
#include "platform/http/http.h"
#include "platform/pages/pages.h"
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
};

inline constexpr std::string_view kMessagesBase = "/staff/messages";
void add_campaign_routes(http::Router& router, const CampaignWeb& web);

namespace detail {

std::string text(const CampaignWeb& web, const http::Request& request, std::string_view key, const std::vector<std::pair<std::string_view, std::string>>& args = {});
http::Response render(const CampaignWeb& web, const http::Request& request, std::string_view name, pages::Data data, int status = 200);
pages::Data page(const CampaignWeb& web, const http::Request& request, std::string title);
std::string path_of(const Campaign& campaign, std::string_view rest = {});
/// Name of its state with a look that does not rely on colour.
pages::Data state_tag(const CampaignWeb& web, const http::Request& request, const Campaign& campaign, const std::optional<Ledger::Message>& message);
/// The form, filled with `draft`; `wrong`: what was refused.
http::Response form(const CampaignWeb& web, const http::Request& request, const Draft& draft, Class cls, const Campaign* campaign, const Error* wrong);
/// What was typed.
Draft typed_draft(const http::Request& request);
/// Previews by channel and language, and what has to be put right.
void add_previews(const CampaignWeb& web, const http::Request& request, const Campaign& campaign, pages::Data& data);
/// Progress by channel: a picture, its table, reasons.
Result<void> add_progress(const CampaignWeb& web, const http::Request& request, const Campaign& campaign, pages::Data& data);

}  // namespace detail
}  // namespace machiya::tell
