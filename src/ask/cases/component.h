// Wires module cases to the house: consumers of its events, its jobs, its background flush.
#pragma once
#include "ask/cases/cases.h"
#include "ask/cases/statistics.h"

namespace machiya::cases {

/// Before Events::start() and Jobs::start(): the statistics roll-up and the live inboxes listen to case events; automatic
/// actions and the daily erasure run as jobs.
void connect(Cases& cases, Statistics& statistics);
/// Enqueues the next erasure round when none is open; call it once after start.
Result<void> schedule_retention(Cases& cases);

}  // namespace machiya::cases
