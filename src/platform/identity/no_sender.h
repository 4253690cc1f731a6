// For scenarios and tests in which nobody logs in by a code.
#pragma once
#include "platform/identity/identity.h"

namespace machiya::identity {

class NoSender final : public CodeSender {
 public:
  Result<void> send(std::string_view, std::string_view, std::string_view) override { return {}; }
  Result<void> notify(std::string_view, std::string_view, std::string_view) override { return {}; }
};

}  // namespace machiya::identity
