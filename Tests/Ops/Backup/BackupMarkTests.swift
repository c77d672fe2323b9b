import Core
import Crypto
import JSON
import ObjectStorage
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// When a backup that was proven is no longer called so.
struct BackupMarkTests {
  private let storage = MemoryStorage()
  private var catalog: BackupCatalog { BackupCatalog(storage, BackupFixtures.keys()) }

  /// A proven backup whose script has these bytes.
  private func proven(_ bytes: [UInt8]) throws -> BackupEntry {
    let proof = BackupFixtures.proof()
    let base = BackupFixtures.manifest()
    let extent = BackupFile.Extent(
      bytes: Int64(bytes.count), sha256: Hexadecimal.encode(SHA256.hash(bytes)))
    let key = catalog.keys.file(.plain, base.id, isEncrypted: false)
    let manifest = BackupManifest(
      id: base.id, database: base.database, kind: base.kind, source: base.source,
      serverVersion: proof.serverVersion, tools: base.tools, snapshotAt: base.snapshotAt,
      startedAt: base.startedAt, finishedAt: base.finishedAt,
      files: [
        BackupFile(
          content: .plain, key: key.text, clear: extent, stored: extent, parts: [extent])
      ], recipients: [], excludedTables: [], isSchemaOnly: false,
      proof: .init(
        mode: proof.mode, key: catalog.keys.proof(base.id).text,
        sha256: Hexadecimal.encode(SHA256.hash(proof.bytes))))
    try storage.put(bytes, at: key)
    try storage.put(proof.bytes, at: catalog.keys.proof(base.id))
    try catalog.publish(manifest)
    for stage in BackupMark.Stage.allCases {
      try catalog.note(
        BackupMark(
          stage: stage, id: base.id,
          manifestSHA256: Hexadecimal.encode(SHA256.hash(manifest.bytes)), at: base.finishedAt,
          duration: .seconds(1), tool: "test", details: .null))
    }
    return try #require(try catalog.list().entry(base.id))
  }

  private func verify(_ entry: BackupEntry) throws {
    _ = try BackupVerification(
      catalog: catalog, entry: entry, programs: ProgramGroup(),
      environment: ProcessInfo.environment, progress: { _ in }
    ).run()
  }

  @Test func nothingIsNotCalledWhole() {
    let words = ["backup", "verify", "--store", "memory:", "--name", "orders", "--all"]
    #expect(TestProgram.run(words: words, tree: Ops.commands).code == .refused)
    let named = TestProgram.run(words: words + [BackupFixtures.id().text], tree: Ops.commands)
    #expect(named.code == .configuration, "\(named)")
  }

  @Test func bytesThatAreRightStayProvenAlsoWhereAProgramDoesNotReadThem() throws {
    let entry = try proven(Array("no gzip at all".utf8))
    let error = try #require(throws: BackupError.self) { try verify(entry) }
    #expect(error.exitCode == .verificationFailed)
    let words = error.findings[0].message
    #expect(words.hasPrefix("\(entry.manifest.files[0].key): gzip ended with"), "\(words)")
    let after = try #require(try catalog.list().entry(entry.id))
    #expect(after.state == .proven && after.verified == nil)
  }

  @Test func bytesThatAreOthersAreNeitherWholeNorProven() throws {
    let entry = try proven(Array("no gzip at all".utf8))
    let key = try #require(ObjectKey(entry.manifest.files[0].key))
    try storage.put(Array("no gzip at ALL".utf8), at: key)
    #expect(throws: BackupError.self) { try verify(entry) }
    #expect(try catalog.list().entry(entry.id)?.state == .uploaded)
  }

  @Test func aProgramThatWasKilledSaysNothingOfWhatItRead() throws {
    let directory = TemporaryDirectory()
    let program = directory.file("pg_restore")
    try File.write(Array("#!/bin/sh\nkill -9 $$\n".utf8), to: program, mode: 0o755)
    let stream = try ArchiveListStream(NoBytes(), ProgramGroup(), program: program)
    let error = #expect(throws: BackupError.self) {
      while try !stream.next().isEmpty {}
      try stream.finish()
    }
    guard case .program(let end) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(end.exit == .signal(9))
  }

  @Test(arguments: [("15.3", BackupEntry.State.bytesVerified), ("18.1", .proven)])
  func aDifferenceCountsOnTheSameMajorAlone(_ version: String, _ state: BackupEntry.State) throws {
    let entry = try proven(Array("no gzip at all".utf8))
    let report = try DrillRun(catalog: catalog, entry: entry, by: "test").run(
      DifferentCopy(serverVersion: version))
    #expect(!report.isProven && report.isConclusive == (state != .proven))
    #expect(try catalog.list().entry(entry.id)?.state == state)
  }
}

/// A stream of nothing.
private final class NoBytes: ByteStream {
  func next() throws -> [UInt8] { [] }
  func finish() throws {}
  func discard() {}
}

/// A restore whose copy differs, on a server of that version.
private struct DifferentCopy: DrillRestorer {
  let serverVersion: String
  let title = "a test"
  let contents = [BackupFile.Content.plain]

  func restore(_ file: BackupFile, _ proof: Proof) throws -> DrillReport.Restored {
    DrillReport.Restored(
      content: file.content, storedBytes: file.stored.bytes, recovery: .zero, comparison: .zero,
      withoutSuperuser: true, differences: ["the schema is not the same"],
      serverVersion: serverVersion)
  }
}
