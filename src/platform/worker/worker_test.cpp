// The worker process: pictures, hostile pictures, crashes, and that it can do nothing else. This program is its own
// worker: started as "<self> worker --kind K" it serves that kind.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "platform/blobs/blobs.h"
#include "platform/blobs/exif_sample.h"
#include "platform/jobs/jobs.h"
#include "platform/store/testing.h"
#include "platform/vault/vault.h"
#include "platform/worker/child.h"
#include "platform/worker/codecs.h"
#include "platform/worker/frame.h"
#include "platform/worker/image_kind.h"
#include "platform/worker/image_worker.h"
#include "platform/worker/worker_main.h"

namespace machiya::worker {
namespace {
using namespace std::chrono_literals;
constexpr auto kPatience = 60'000ms;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kConfined = false;
#else
constexpr bool kConfined = true;
#endif

Result<std::string> misbehave(std::string_view how) {
  if (how == "echo") return std::string("echo");
  if (how == "crash") ::raise(SIGSEGV);
  if (how == "spin")
    for (volatile bool go = true; go;) {
    }
  if (how == "memory") {
    std::vector<std::unique_ptr<char[]>> all;   // never touched: on a busy machine filling gigabytes would meet the limit of processor time first
    for (int i = 0; i < 64; ++i) all.emplace_back(new char[std::size_t{64} << 20]);
    return std::to_string(all.size());
  }
  if (how == "open") return std::to_string(::open("/etc/passwd", O_RDONLY));
  if (how == "socket") return std::to_string(::socket(AF_INET, SOCK_STREAM, 0));
  if (how == "fork") return std::to_string(::fork());
  if (how == "who") return std::to_string(::getuid());
  return Error(ErrorCode::invalid_input, "refused");
}

std::vector<std::string> command(const std::string& kind) { return {"/proc/self/exe", "worker", "--kind", kind}; }

Pixels pattern(int width, int height, int channels = 3) {
  Pixels p;
  p.width = width;
  p.height = height;
  p.channels = channels;
  p.data.resize(static_cast<std::size_t>(height) * p.stride(), 255);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      auto* q = &p.data[static_cast<std::size_t>(y) * p.stride() + static_cast<std::size_t>(x * channels)];
      q[0] = x < width / 2 ? 220 : 20;   // red on the left
      q[1] = y < height / 2 ? 220 : 20;  // green above
      q[2] = 40;
    }
  return p;
}
std::string encoded(std::string_view type, const Pixels& p) {
  if (type == "image/png") return *encode_png(p);
  if (type == "image/webp") return *encode_webp(p);
  return *encode_jpeg(p);
}
Result<Pixels> decoded(std::string_view type, const std::string& s) {
  if (type == "image/png") return decode_png(s, 1 << 30);
  if (type == "image/webp") return decode_webp(s, 1 << 30);
  return decode_jpeg(s, 1 << 30);
}
int at(const Pixels& p, int x, int y, int k) { return p.data[static_cast<std::size_t>(y) * p.stride() + static_cast<std::size_t>(x * p.channels + k)]; }

PoolOptions options() {
  PoolOptions o = own_workers("image", 1);
  o.limit = kPatience;
  return o;
}

TEST(Frames, AreCheckedAtBothEnds) {
  EXPECT_EQ(frame_length(frame_head(12345)), 12345u);
  EXPECT_EQ(frame_length("MWK1"), std::nullopt);
  EXPECT_EQ(frame_length("XXXX\0\0\0\0\0\0\0\0"), std::nullopt);
  EXPECT_EQ(frame_length(frame_head(std::uint64_t{1} << 40)), std::nullopt);
  FieldReader cut(std::string_view("\x05\0\0\0\0\0\0\0ab", 10));
  EXPECT_EQ(cut.text(), "");
  EXPECT_FALSE(cut.ok());
  const std::string two = FieldWriter().number(7).text("猫").take();
  FieldReader in(two);
  EXPECT_EQ(in.number(), 7u);
  EXPECT_EQ(in.text(), "猫");
  EXPECT_TRUE(in.ok());
}

TEST(Pixels, EveryOrientationComesUpright) {
  const Pixels want = pattern(6, 4);
  // A camera held so that it wrote orientation o stored the picture transformed by the inverse of what upright() does.
  const int inverse[] = {0, 1, 2, 3, 4, 5, 8, 7, 6};
  for (int o = 1; o <= 8; ++o) {
    const Pixels back = upright(upright(want, inverse[o]), o);
    EXPECT_EQ(back.width, want.width) << o;
    EXPECT_EQ(back.data, want.data) << o;
  }
  const Pixels turned = upright(want, 6);  // stored lying on its left side: turn clockwise
  EXPECT_EQ(turned.width, 4);
  EXPECT_GT(at(turned, 3, 0, 0), 128);  // the red left edge is now at the top …
  EXPECT_GT(at(turned, 3, 0, 1), 128);  // … and the green upper edge at the right
  EXPECT_LT(at(turned, 0, 0, 1), 128);
}

TEST(Pixels, ThumbnailsAreSmallAndOpaque) {
  Pixels clear = pattern(1000, 500, 4);
  for (std::size_t i = 3; i < clear.data.size(); i += 4) clear.data[i] = 0;
  const Pixels small = thumbnail(clear, 320);
  EXPECT_EQ(small.width, 320);
  EXPECT_EQ(small.height, 160);
  EXPECT_EQ(small.channels, 3);
  EXPECT_EQ(at(small, 0, 0, 2), 255);  // white behind
  EXPECT_EQ(thumbnail(pattern(10, 5), 320).width, 10);
  EXPECT_EQ(thumbnail(pattern(5000, 1), 320).height, 1);
}

TEST(ImageWorker, RendersAllKindsWithoutTheOriginalBytes) {
  ImageWorker worker(options());
  for (std::string_view type : {"image/jpeg", "image/png", "image/webp"}) {
    const std::string original = encoded(type, pattern(800, 600));
    auto r = worker.render(original, type, 1'000'000);
    ASSERT_TRUE(r.ok()) << type << r.error().to_string();
    EXPECT_EQ(r->type, type);
    EXPECT_EQ(r->width, 800);
    EXPECT_EQ(r->height, 600);
    auto p = decoded(type, r->content);
    ASSERT_TRUE(p.ok());
    EXPECT_NEAR(at(*p, 10, 10, 0), 220, 12);
    EXPECT_NEAR(at(*p, 790, 590, 0), 20, 12);
    auto small = decode_jpeg(r->thumbnail, 1 << 30);
    ASSERT_TRUE(small.ok());
    EXPECT_EQ(small->width, 320);
  }
  auto clear = worker.render(encoded("image/png", pattern(50, 50, 4)), "image/png", 10'000);
  EXPECT_EQ(decode_png(clear->content, 10'000)->channels, 4);
}

TEST(ImageWorker, PositionAndEverythingElseOfExifIsGone) {
  ImageWorker worker(options());
  blobs::ExifSample exif(false);
  exif.orientation = 6;
  const std::string original = exif.into(*encode_jpeg(pattern(80, 60))) + "<script>trailing</script>";
  ASSERT_TRUE(blobs::read_exif(original).latitude);
  auto r = worker.render(original, "image/jpeg", 10'000);
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r->width, 60);  // turned upright
  EXPECT_EQ(r->height, 80);
  for (const std::string* s : {&r->content, &r->thumbnail}) {
    EXPECT_EQ(s->find("Exif"), std::string::npos);
    EXPECT_EQ(s->find("2026:05:10"), std::string::npos);
    EXPECT_EQ(s->find("<script>"), std::string::npos);
    EXPECT_FALSE(blobs::read_exif(*s).latitude);
  }
}

TEST(ImageWorker, HostilePicturesAreRefusedAndTheProcessGoesOn) {
  ImageWorker worker(options());
  for (std::string_view type : {"image/jpeg", "image/png", "image/webp"}) {
    const std::string good = encoded(type, pattern(200, 100));
    auto code = [&](const std::string& s, std::string_view as, std::uint64_t pixels = 100'000) {
      auto r = worker.render(s, as, pixels);
      return r.ok() ? ErrorCode::internal : r.error().code;
    };
    EXPECT_EQ(code(good.substr(0, good.size() / 2), type), ErrorCode::invalid_input) << type;
    EXPECT_EQ(code(good.substr(0, 20), type), ErrorCode::invalid_input) << type;
    EXPECT_EQ(code(good, type, 19'999), ErrorCode::too_large) << type;
    EXPECT_EQ(code(good, type == "image/png" ? "image/jpeg" : "image/png"), ErrorCode::invalid_input) << type;
    EXPECT_EQ(code("", type), ErrorCode::invalid_input);
    EXPECT_TRUE(worker.render(good, type, 100'000).ok());
    // A header that lies about its size: the pixels that it promises are not there.
    std::string lying = good;
    if (type == "image/png") {
      lying[16] = 0x7f;
      EXPECT_NE(code(lying, type, ~std::uint64_t{0}), ErrorCode::internal);
    }
  }
}

TEST(ImageWorker, FlippedBytesNeverEndTheServer) {
  ImageWorker worker(options());
  for (std::string_view type : {"image/jpeg", "image/png", "image/webp"}) {
    const std::string good = encoded(type, pattern(40, 30));
    for (std::size_t i = 12; i < good.size(); i += good.size() / 40 + 1) {
      std::string broken = good;
      broken[i] = static_cast<char>(broken[i] ^ 0x55);
      auto r = worker.render(broken, type, 100'000);
      EXPECT_TRUE(r.ok() || r.error().code != ErrorCode::unavailable) << type << " " << i;
    }
  }
}

TEST(Child, ACrashCostsOneCall) {
  Child child(command("test"));
  EXPECT_EQ(*child.call("echo", kPatience), "echo");
  const pid_t first = child.pid();
  EXPECT_EQ(*child.call("echo", kPatience), "echo");
  EXPECT_EQ(child.pid(), first);
  EXPECT_EQ(child.call("no", kPatience).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(child.call("crash", kPatience).error().code, ErrorCode::unavailable);
  EXPECT_EQ(*child.call("echo", kPatience), "echo");
  EXPECT_NE(child.pid(), first);
}

TEST(Child, TimeIsLimited) {
  Child child(command("test"));
  EXPECT_EQ(*child.call("echo", kPatience), "echo");
  EXPECT_EQ(child.call("spin", 50ms).error().code, ErrorCode::unavailable);
  EXPECT_EQ(*child.call("echo", kPatience), "echo");
  EXPECT_EQ(child.call("spin", kPatience).error().code, ErrorCode::unavailable);  // ended by the processor limit
}

TEST(Child, AProgramThatIsNotThereIsAnError) {
  Child child({"/nonexistent/program"});
  EXPECT_EQ(child.call("x", kPatience).error().code, ErrorCode::unavailable);
  Child unknown(command("no-such-kind"));
  EXPECT_EQ(unknown.call("x", kPatience).error().code, ErrorCode::unavailable);
}

TEST(Sandbox, LeavesNothingButComputing) {
  Child child(command("test"));
  EXPECT_EQ(*child.call("who", kPatience), ::getuid() == 0 ? "65534" : std::to_string(::getuid()));
  if (!kConfined) GTEST_SKIP() << "sanitizers need system calls and memory that the sandbox takes away";
  EXPECT_EQ(child.call("open", kPatience).error().code, ErrorCode::unavailable);
  EXPECT_EQ(child.call("socket", kPatience).error().code, ErrorCode::unavailable);
  EXPECT_EQ(child.call("fork", kPatience).error().code, ErrorCode::unavailable);
  EXPECT_EQ(child.call("memory", kPatience).error().code, ErrorCode::too_large);
  EXPECT_EQ(*child.call("echo", kPatience), "echo");
}

struct PhotoTest : store::testing::StoreTest {};

TEST_P(PhotoTest, FromUploadToPictureOnTheMap) {
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  auto vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
  migrate(vault::Vault::migrations());
  migrate(jobs::Jobs::migrations());
  migrate(blobs::Blobs::migrations());
  jobs::Jobs jobs(store(), clock);
  blobs::Blobs blobs(store(), *vault, clock, folder() + "/blobs", &jobs);
  ImageWorker worker(options());
  blobs.use_renderer(worker);
  const std::string path = folder() + "/spool";
  std::ofstream(path, std::ios::binary) << blobs::ExifSample(true).into(*encode_jpeg(pattern(640, 480)));
  blobs::PhotoFacts facts;
  auto b = blobs.put(path, "image/jpeg", {}, "case:1", &facts);
  ASSERT_TRUE(b.ok());
  EXPECT_NEAR(facts.latitude.value_or(0), 34.693783, 1e-6);
  ASSERT_TRUE(jobs.run_due().ok());
  auto stored = blobs.read(b->public_id);
  ASSERT_TRUE(stored.ok());
  EXPECT_FALSE(blobs::read_exif(*stored).latitude);
  EXPECT_TRUE(decode_jpeg(*stored, 1 << 20).ok());
  EXPECT_EQ(blobs::sniff_type(*blobs.read(b->public_id, "thumb")), "image/jpeg");
}
MACHIYA_ON_BOTH_ENGINES(PhotoTest);

}  // namespace
}  // namespace machiya::worker

int main(int argc, char** argv) {
  using namespace machiya::worker;
  if (argc == 4 && std::string_view(argv[1]) == "worker") {
    auto kinds = worker_kinds();
    kinds.push_back({"test", misbehave});
    SandboxLimits limits;
    if (std::string_view(argv[3]) == "test") limits.cpu_s = 1;
    return run_worker(argv[3], kinds, limits);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
