// Where the broker's writes become durable: a log of its own beside a snapshot (journal_file), or tables of the house's database (journal_store). Both
// give the same entities back.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

