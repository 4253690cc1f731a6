// DMN XML: reading, compiling and evaluating any bytes ends without a crash.
#include <cstdint>
#include <string_view>

#include "feel/dmn.h"

using namespace machiya;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16384) return 0;
  auto model = feel::load_dmn(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!model.ok()) return 0;
  feel::Environment environment(Instant{1'778'000'000'000'000});
  environment.max_steps = 20'000;
  for (const auto& name : model->decisions()) (void)model->evaluate_decision(name, {}, environment).ok();
  return 0;
}
