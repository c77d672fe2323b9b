import Core
import JSON
import Testing

@testable import Ops

struct BackupManifestTests {
  @Test func aManifestIsReadAsItWasWritten() throws {
    let manifest = BackupFixtures.manifest(recipients: ["age1abc"])
    #expect(try BackupManifest(manifest.bytes) == manifest)
  }

  @Test func itsNamesAreInOrder() throws {
    let json = try JSONReader.read(BackupFixtures.manifest().bytes)
    let names = (json.members ?? []).map(\.name)
    #expect(names == names.sorted() && names.count == 17)
    #expect((json["tools"]?.members ?? []).map(\.name) == ["ops", "pg_dump"])
  }

  @Test func aNewerFormatIsRefusedWithASentence() throws {
    let text = String(decoding: BackupFixtures.manifest().bytes, as: UTF8.self)
      .replacing("\"format\": 1", with: "\"format\": 2")
    let error = try #require(throws: RecordProblem.self) { try BackupManifest(Array(text.utf8)) }
    #expect(error == .newer(2, known: 1))
    #expect("\(error)".contains("use a newer one"))
  }

  @Test(arguments: ["id", "kind", "files", "proof", "snapshotAt", "schemaOnly", "recipients"])
  func aMissingMemberIsNamed(_ name: String) throws {
    let json = BackupFixtures.manifest().json
    let rest = JSONValue.object((json.members ?? []).filter { $0.name != name })
    let error = try #require(throws: RecordProblem.self) { try BackupManifest(rest.bytes()) }
    #expect("\(error)".hasPrefix("\(name) is missing"), "\(error)")
  }

  @Test func aWrongMemberWithinAFileIsNamedWithItsPlace() throws {
    let text = String(decoding: BackupFixtures.manifest().bytes, as: UTF8.self)
      .replacing("\"content\": \"custom\"", with: "\"content\": \"tar\"")
    let error = try #require(throws: RecordProblem.self) { try BackupManifest(Array(text.utf8)) }
    #expect("\(error)".hasPrefix("files[0].content "), "\(error)")
  }

  @Test func whatIsNoJSONIsToldWithItsPlace() throws {
    let error = try #require(throws: RecordProblem.self) { try BackupManifest(Array("{".utf8)) }
    #expect("\(error)".contains("is no JSON"))
  }

  @Test func namesSortByTimeAndNoTwoAreTheSame() {
    let early = BackupID(at: BackupFixtures.moment("2026-01-31T02:17:00.123456Z"))
    let late = BackupID(at: BackupFixtures.moment("2026-01-31T02:17:01Z"))
    #expect(early < late)
    #expect(early.text.hasPrefix("20260131T021700Z-"))
    #expect(early != BackupID(at: BackupFixtures.moment("2026-01-31T02:17:00Z")))
    #expect(BackupID(early.text) == early)
    #expect(early.moment == BackupFixtures.moment("2026-01-31T02:17:00Z"))
  }

  @Test(arguments: [
    "", "manifest.json", "20260131T021700Z", "20260131T021700Z-5F0C9A1E",
    "20261331T021700Z-5f0c9a1e", "20260131T021700Z-5f0c9a1e/..",
  ])
  func whatIsNoBackupsNameIsRefused(_ text: String) {
    #expect(BackupID(text) == nil)
  }
}
