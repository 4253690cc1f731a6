#include "app/kinds.h"

#include "app/sign_in_kind.h"
#include "ask/apply/procedure_kind.h"
#include "ask/cases/scenario.h"
#include "ask/cases/workflow.h"
#include "ask/registers/register_scenario.h"
#include "city/decision_kind.h"
#include "console/guideline.h"
#include "sense/forecast/definition.h"
#include "sense/livemap/definition.h"
#include "sense/ingest/device_scenario.h"
#include "sense/ingest/profile.h"
#include "sense/models/entity_type.h"
#include "sense/rules/alarm_scenario.h"
#include "sense/rules/rule.h"
#include "tell/line/line_menu_definition.h"
#include "tell/messages/definitions.h"
#include "tell/callout/callout.h"
#include "tell/signage/playlist.h"
#include "tell/outlets/definition.h"
#include "tell/scenarios/message_scenario.h"

namespace machiya::app {

std::vector<city::Kind> all_kinds() {
  // In the order of who needs whom: forms and registers name decisions and workflows, scenarios name forms and registers.
  return {city::decision_kind(), city::block_kind(), cases::workflow_kind(), apply::procedure_kind(), registers::register_kind(), cases::scenario_kind(), registers::scenario_kind(),
          sign_in_kind(), console::guideline_kind(), tell::topics_kind(), tell::segment_kind(), tell::channel_kind(), tell::message_kind(), tell::line_menu_kind(), signage::playlist_kind(), callout::callout_kind(),
          tell::outlet_kind(), tell::message_scenario_kind(), sense::entity_type_kind(), sense::ingest::profile_kind(), sense::ingest::device_scenario_kind(), sense::livemap::map_kind(), sense::rules::alarm_kind(), sense::rules::alarm_scenario_kind(), sense::forecast::forecast_kind()};
}

}  // namespace machiya::app
