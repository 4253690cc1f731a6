// The desk: a file waits, is checked, imported and undone in the background; a restart forgets nothing and half imports nothing.
#include "ask/registers/import_desk.h"
#include "ask/registers/import_kept.h"
#include "ask/registers/testing.h"

namespace machiya::registers {
namespace {

class DeskTest : public testing::RegistersTest {
 protected:
  DeskTest() {
    migrate(blobs::Blobs::migrations());
    const std::string root = MACHIYA_SOURCE_DIR;
    auto catalogue = locale::Catalogue::load(root + "/web/locale");
    EXPECT_TRUE(catalogue.ok());
    texts = std::move(*catalogue);
    std::filesystem::create_directories(folder() + "/templates");
    auto loaded = pages::Templates::load(folder() + "/templates", *texts);
    EXPECT_TRUE(loaded.ok());
    templates = std::move(*loaded);
    blobs = std::make_unique<blobs::Blobs>(store(), *hall->vault, clock, folder() + "/blobs");
    open();
  }
  /// A new process over the same folder.
  void open() {
    desk.reset();
    Web web{*registers, store(), *blobs, *templates, *texts, nullptr, clock, {}, {}, folder() + "/desk", ""};
    desk = std::make_unique<ImportDesk>(web);
  }
  std::string taken(std::string_view csv) {
    testing::write_file(folder() + "/up.csv", csv);
    http::UploadedFile file{"file", "C:\\temp\\木.csv", "text/csv", folder() + "/up.csv", csv.size()};
    auto id = desk->take(*trees, file, approver);
    EXPECT_TRUE(id.ok()) << id.error().to_string();
    return id.ok() ? *id : "";
  }
  Import now(const std::string& id) {
    desk->settle();
    auto found = desk->find(*trees, id, approver);
    EXPECT_TRUE(found.ok());
    return found.ok() ? *found : Import();
  }
  ImportState checked(const std::string& id) {
    EXPECT_TRUE(desk->check(*trees, id, {1, {"tag", "species"}}, approver, "ja").ok());
    return now(id).state;
  }
  std::int64_t rows() { return registers->each(*trees, {}, approver, "r", [](const Row&) { return true; }).value_or(-1); }

  std::unique_ptr<locale::Catalogue> texts;
  std::unique_ptr<pages::Templates> templates;
  std::unique_ptr<blobs::Blobs> blobs;
  std::unique_ptr<ImportDesk> desk;
};

TEST_P(DeskTest, AnImportIsCheckedDoneAndUndone) {
  const std::string id = taken("番号,樹種\n000001,サクラ\n000002,zelkova\n");
  EXPECT_EQ(now(id).filename, "木.csv") << "never a path";
  EXPECT_EQ(code(desk->find(*trees, id, clerk)), ErrorCode::not_found) << "one person's import is nobody else's";
  EXPECT_EQ(code(desk->import(*trees, id, "", approver, "ja", "r")), ErrorCode::conflict) << "not checked yet";
  ASSERT_EQ(checked(id), ImportState::ready);
  ASSERT_TRUE(desk->import(*trees, id, "年度末の取込", approver, "ja", "r").ok());
  EXPECT_EQ(code(desk->import(*trees, id, "", approver, "ja", "r")), ErrorCode::conflict) << "twice is once";
  EXPECT_EQ(now(id).state, ImportState::done);
  EXPECT_FALSE(std::filesystem::exists(desk->file_path(id))) << "decided: erased";
  EXPECT_EQ(rows(), 2);
  open();
  ASSERT_TRUE(desk->undo(*trees, id, approver, "r").ok()) << "also after a restart";
  EXPECT_EQ(now(id).state, ImportState::undone);
  EXPECT_EQ(rows(), 0);
}

TEST_P(DeskTest, FaultsAreShownAndWhatChangedMeanwhileIsFound) {
  const std::string bad = taken("番号,樹種\n000001,竹\n");
  EXPECT_EQ(checked(bad), ImportState::faulty);
  ASSERT_EQ(now(bad).faults.size(), 1u);
  EXPECT_EQ(cell_name(now(bad).faults[0].column, now(bad).faults[0].row), "B2");
  EXPECT_EQ(now(bad).faults[0].typed, "竹");
  const std::string good = taken("番号,樹種\n000001,サクラ\n000002,サクラ\n");
  ASSERT_EQ(checked(good), ImportState::ready);
  add(*trees, R"({"tag":"000002","species":"cherry"})", approver);
  ASSERT_TRUE(desk->import(*trees, good, "", approver, "ja", "r").ok());
  EXPECT_EQ(now(good).state, ImportState::faulty);
  ASSERT_EQ(now(good).faults.size(), 1u);
  EXPECT_EQ(now(good).faults[0].code, "unique");
  EXPECT_EQ(rows(), 1) << "nothing half imported";
}

TEST_P(DeskTest, ARestartDuringAnImportSaysSoAndOldFilesGo) {
  const std::string id = taken("番号,樹種\n000001,サクラ\n");
  Import broken = now(id);
  broken.state = ImportState::importing;
  desk.reset();
  keep_import(broken, folder() + "/desk/imports/" + id + ".json");
  open();
  EXPECT_EQ(now(id).state, ImportState::interrupted);
  clock.advance(kKeepImport + kSecond);
  const std::string path = desk->file_path(id);
  EXPECT_TRUE(std::filesystem::exists(path));
  open();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(code(desk->find(*trees, id, approver)), ErrorCode::not_found);
}

MACHIYA_ON_BOTH_ENGINES(DeskTest);

}  // namespace
}  // namespace machiya::registers
