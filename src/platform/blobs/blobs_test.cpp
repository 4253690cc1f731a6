#include "platform/blobs/blobs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "platform/blobs/ports.h"
#include "platform/jobs/jobs.h"
#include "platform/store/testing.h"
#include "platform/vault/vault.h"

namespace machiya::blobs {
namespace {
using namespace std::string_literals;

/// Stands in for the worker process: the real one is tested in platform/worker.
class FakeRenderer final : public ImageRenderer {
 public:
  Result<RenderedImage> render(std::string_view, std::string_view type, std::uint64_t) override {
    ++calls;
    if (fault) return Error(*fault, "as told");
    RenderedImage out;
    out.type = std::string(type);
    out.content = "rendered";
    out.thumbnail = "small";
    out.width = 3;
    out.height = 2;
    return out;
  }
  std::optional<ErrorCode> fault;
  int calls = 0;
};

std::string png(std::uint32_t width, std::uint32_t height) {
  std::string out = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s;
  for (auto v : {width, height})
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(v >> shift & 255);
  return out + "\x08\x02\0\0\0\0\0\0\0secret pixels"s;
}

struct BlobsTest : store::testing::StoreTest {
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  FakeRenderer renderer;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<jobs::Jobs> jobs;
  std::unique_ptr<Blobs> blobs;
  std::string files = folder() + "/blobs";

  void SetUp() override {
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    migrate(vault::Vault::migrations());
    migrate(jobs::Jobs::migrations());
    migrate(Blobs::migrations());
    jobs = std::make_unique<jobs::Jobs>(store(), clock);
    blobs = std::make_unique<Blobs>(store(), *vault, clock, files, jobs.get());
    blobs->use_renderer(renderer);
  }
  void TearDown() override {
    jobs.reset();
    blobs.reset();
  }
  std::string spool(const std::string& content) {
    const std::string path = folder() + "/spool";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  Result<Blob> put(const std::string& content, Limits limits = {}) { return blobs->put(spool(content), "image/png", limits, "case:1"); }
  int count_files() {
    int n = 0;
    if (!std::filesystem::exists(files)) return 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(files)) n += entry.is_regular_file();
    return n;
  }
  bool on_disk(const std::string& text) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(files)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(in)), {});
      if (content.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

TEST_P(BlobsTest, APictureIsPendingUntilItWasRendered) {
  auto b = put(png(640, 480));
  ASSERT_TRUE(b.ok()) << b.error().to_string();
  EXPECT_EQ(b->state, "pending");
  EXPECT_EQ(b->width, 640);
  EXPECT_EQ(blobs->read(b->public_id).error().code, ErrorCode::unavailable);
  EXPECT_FALSE(on_disk("secret pixels"));  // sealed
  ASSERT_TRUE(jobs->run_due().ok());
  auto done = blobs->find(b->public_id);
  EXPECT_EQ(done->state, "ready");
  EXPECT_EQ(*blobs->read(b->public_id), "rendered");
  EXPECT_EQ(*blobs->read(b->public_id, "thumb"), "small");
  EXPECT_EQ(blobs->read(b->public_id, "../../x").error().code, ErrorCode::not_found);
  EXPECT_EQ(count_files(), 2);  // the upload is gone
  EXPECT_EQ(done->owner, "case:1");
  struct stat info {};
  ASSERT_EQ(::stat((files + "/" + done->sha256.substr(0, 2) + "/" + done->sha256.substr(2, 2) + "/" + done->sha256).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_P(BlobsTest, LimitsAreCheckedBeforeAnybodyDecodes) {
  EXPECT_EQ(put(png(8000, 8000)).error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(put(png(0xffffffff, 0xffffffff)).error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(put(png(0, 1)).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(put("\xff\xd8\xff\xe0"s).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(put("GIF89a\x01\0\x01\0"s).error().code, ErrorCode::unsupported_type);
  EXPECT_EQ(put("<svg xmlns='http://www.w3.org/2000/svg'/>").error().code, ErrorCode::unsupported_type);
  EXPECT_EQ(put("").error().code, ErrorCode::unsupported_type);
  Limits small;
  small.bytes = 10;
  EXPECT_EQ(put(png(1, 1), small).error().code, ErrorCode::too_large);
  Limits only_pdf;
  only_pdf.types = {"application/pdf"};
  EXPECT_EQ(put(png(1, 1), only_pdf).error().code, ErrorCode::unsupported_type);
  EXPECT_EQ(blobs->put(folder() + "/absent", "", {}, "x").error().code, ErrorCode::not_found);
  EXPECT_EQ(count_files(), 0);
  EXPECT_EQ(renderer.calls, 0);
}

TEST_P(BlobsTest, ADocumentIsKeptAndMarked) {
  auto b = put("%PDF-1.7\nhello\n%%EOF");
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(b->type, "application/pdf");
  EXPECT_EQ(b->state, "ready");
  EXPECT_TRUE(b->as_uploaded);
  EXPECT_EQ(*blobs->read(b->public_id), "%PDF-1.7\nhello\n%%EOF");
  EXPECT_EQ(blobs->read(b->public_id, "thumb").error().code, ErrorCode::not_found);
}

TEST_P(BlobsTest, APictureThatIsBrokenIsRefused) {
  renderer.fault = ErrorCode::invalid_input;
  auto b = put(png(640, 480));
  ASSERT_TRUE(jobs->run_due().ok());
  EXPECT_EQ(blobs->find(b->public_id)->state, "refused");
  EXPECT_EQ(blobs->find(b->public_id)->refused, "broken");
  EXPECT_EQ(blobs->read(b->public_id).error().code, ErrorCode::gone);
  EXPECT_EQ(count_files(), 0);
  EXPECT_TRUE(jobs->dead(10)->empty());  // not the worker's fault
}

TEST_P(BlobsTest, ACrashIsTriedAgainThenBecomesADeadLetterThatCanBeRevived) {
  renderer.fault = ErrorCode::unavailable;
  auto b = put(png(640, 480));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(jobs->run_due().ok());
    clock.advance(10 * kMinute);
  }
  EXPECT_EQ(renderer.calls, 3);
  EXPECT_EQ(blobs->find(b->public_id)->refused, "worker");
  auto dead = jobs->dead(10);
  ASSERT_EQ(dead->size(), 1u);
  renderer.fault.reset();
  ASSERT_TRUE(jobs->revive((*dead)[0].id).ok());
  ASSERT_TRUE(jobs->run_due().ok());
  EXPECT_EQ(blobs->find(b->public_id)->state, "ready");
  EXPECT_EQ(*blobs->read(b->public_id), "rendered");
}

TEST_P(BlobsTest, ErasedMeansUnreadableAlsoInABackupOfTheFiles) {
  auto b = put("%PDF-1.7\nhello");
  std::filesystem::copy(files, folder() + "/backup", std::filesystem::copy_options::recursive);
  ASSERT_TRUE(blobs->erase(b->public_id).ok());
  EXPECT_EQ(blobs->read(b->public_id).error().code, ErrorCode::not_found);
  EXPECT_EQ(blobs->erase(b->public_id).error().code, ErrorCode::not_found);
  EXPECT_EQ(count_files(), 0);
  auto pending = put(png(640, 480));
  ASSERT_TRUE(blobs->erase(pending->public_id).ok());
  ASSERT_TRUE(jobs->run_due().ok());  // the job of an erased picture ends quietly
  EXPECT_EQ(renderer.calls, 0);
  EXPECT_TRUE(jobs->dead(10)->empty());
}

TEST_P(BlobsTest, AChangedFileIsSeen) {
  auto b = put("%PDF-1.7\nhello");
  const std::string path = files + "/" + b->sha256.substr(0, 2) + "/" + b->sha256.substr(2, 2) + "/" + b->sha256;
  {
    std::fstream f(path, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(30);
    f.put('x');
  }
  EXPECT_EQ(blobs->read(b->public_id).error().code, ErrorCode::integrity_broken);
  std::filesystem::remove(path);
  EXPECT_EQ(blobs->read(b->public_id).error().code, ErrorCode::not_found);
}

TEST_P(BlobsTest, OrphansAreSweptWhenTheyAreOld) {
  auto b = put("%PDF-1.7\nhello");
  std::filesystem::create_directories(files + "/ab/cd");
  const std::string orphan = files + "/ab/cd/abcd" + std::string(60, '0');
  std::ofstream(orphan) << "left by a crash";
  SystemClock real;
  clock.set(real.now());
  EXPECT_EQ(*blobs->sweep(), 0);
  clock.advance(2 * kDay);
  EXPECT_EQ(*blobs->sweep(), 1);
  EXPECT_FALSE(std::filesystem::exists(orphan));
  EXPECT_TRUE(blobs->read(b->public_id).ok());
}

/// Says what it is told to say.
class FakeScanner final : public Scanner {
 public:
  Result<Verdict> scan(std::string_view content) override {
    seen = content;
    if (silent) return Error(ErrorCode::unavailable, "no verdict");
    return Verdict{infected, infected ? "Test.Signature" : ""};
  }
  std::string seen;
  bool infected = false, silent = false;
};

TEST_P(BlobsTest, EveryUploadIsScannedFirstAndNothingInfectedIsKept) {
  FakeScanner scanner;
  blobs->use_scanner(scanner, true);
  ASSERT_TRUE(put("%PDF-1.7 clean").ok());
  EXPECT_EQ(scanner.seen, "%PDF-1.7 clean");
  const int kept = count_files();
  scanner.infected = true;
  EXPECT_EQ(put("%PDF-1.7 bad").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(put(png(3, 2)).error().code, ErrorCode::invalid_input);
  scanner.silent = true;
  EXPECT_EQ(put("%PDF-1.7 unknown").error().code, ErrorCode::unavailable);   // required: no verdict, no file
  EXPECT_EQ(count_files(), kept);
  blobs->use_scanner(scanner, false);
  EXPECT_TRUE(put("%PDF-1.7 unknown").ok());
}

/// Says "clean", or what it is told.
class FakeCleaner final : public DocumentCleaner {
 public:
  Result<std::string> clean(std::string_view content) override {
    if (fault) return Error(*fault, "as told");
    return "%PDF-1.7 clean copy of " + std::to_string(content.size());
  }
  std::optional<ErrorCode> fault;
};

TEST_P(BlobsTest, ADocumentIsReadAsItsCleanCopyAndTheUploadStaysSealedBeside) {
  FakeCleaner cleaner;
  blobs->use_cleaner(cleaner);
  const auto b = put("%PDF-1.7 secret script");
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(b->state, "pending");
  EXPECT_EQ(blobs->read(b->public_id).error().code, ErrorCode::unavailable);
  ASSERT_TRUE(jobs->run_due().ok());
  EXPECT_FALSE(blobs->find(b->public_id)->as_uploaded);
  EXPECT_EQ(*blobs->read(b->public_id), "%PDF-1.7 clean copy of 22");
  EXPECT_EQ(*blobs->read(b->public_id, "original"), "%PDF-1.7 secret script");
  EXPECT_FALSE(on_disk("secret script"));
  clock.advance(48 * kHour);
  ASSERT_TRUE(blobs->sweep().ok());
  EXPECT_EQ(count_files(), 2);   // both are named by the row
  ASSERT_TRUE(blobs->erase(b->public_id).ok());
  EXPECT_EQ(count_files(), 0);
}

TEST_P(BlobsTest, ADocumentThatCannotBeCleanedIsRefused) {
  FakeCleaner cleaner;
  blobs->use_cleaner(cleaner);
  cleaner.fault = ErrorCode::invalid_input;
  const auto b = put("%PDF-1.7 broken");
  ASSERT_TRUE(jobs->run_due().ok());
  EXPECT_EQ(blobs->find(b->public_id)->state, "refused");
  EXPECT_EQ(blobs->read(b->public_id).error().code, ErrorCode::gone);
  EXPECT_EQ(blobs->read(b->public_id, "original").error().code, ErrorCode::gone);
  EXPECT_EQ(count_files(), 0);
}

MACHIYA_ON_BOTH_ENGINES(BlobsTest);

}  // namespace
}  // namespace machiya::blobs
