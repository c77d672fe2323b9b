import Core
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import Ops

struct BackupStreamTests {
  /// Some pieces, and then the end.
  private final class Pieces: ByteStream {
    private var rest: [[UInt8]]

    init(_ pieces: [String]) { rest = pieces.map { Array($0.utf8) } }

    func next() throws -> [UInt8] { rest.isEmpty ? [] : rest.removeFirst() }
    func finish() throws {}
    func discard() {}
  }

  private func drain(_ stream: any ByteStream) throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let piece = try stream.next()
      if piece.isEmpty { return all }
      all += piece
    }
  }

  @Test func aScriptWithItsLastLineIsWhole() throws {
    let end = ["-- PostgreSQL database du", "mp complete\n--\n\n\\unrestrict abc\n\n"]
    let stream = CompletionLineStream(Pieces(["SELECT 1;\n"] + end), .plain)
    _ = try drain(stream)
    try stream.finish()
  }

  @Test func aScriptThatOnlyEndsIsNotWhole() throws {
    let text = ["-- PostgreSQL database dump complete\n", String(repeating: "x", count: 3000)]
    let stream = CompletionLineStream(Pieces(text), .plain)
    _ = try drain(stream)
    let error = try #require(throws: BackupError.self) { try stream.finish() }
    #expect(error.exitCode == .dumpFailed)
  }

  @Test func whatIsNoArchiveIsNotWhole() throws {
    let programs = ProgramGroup()
    let stream = try ArchiveListStream(
      Pieces(["PGDMP", "and nothing of the kind"]), programs,
      program: PostgresServer.programs + "/pg_restore")
    _ = try drain(stream)
    let error = try #require(throws: BackupError.self) { try stream.finish() }
    guard case .incomplete(.custom, _) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func theDigestIsOfWhatWentThrough() throws {
    let stream = DigestingStream(Pieces(["ab", "c"]))
    #expect(try drain(stream) == Array("abc".utf8))
    #expect(
      stream.extent()
        == .init(
          bytes: 3, sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
  }

  @Test func afterAStopNothingIsStarted() throws {
    let programs = ProgramGroup()
    programs.cancel()
    #expect(throws: BackupError.interrupted) {
      try ProgramStream(Subprocess.Command("cat", ["/dev/null"]), programs)
    }
  }

  @Test func theOldestClientThatKnowsTheServerIsTaken() throws {
    let directory = TemporaryDirectory()
    for (major, version) in [("13", "13.9"), ("15", "15.14"), ("17", "17.2")] {
      let folder = directory.file("\(major)/bin")
      try File.makeDirectory(folder)
      try File.write(
        Array("#!/bin/sh\necho 'pg_dump (PostgreSQL) \(version) (Debian)'\n".utf8),
        to: folder + "/pg_dump", mode: 0o755)
    }
    func find(_ major: Int) throws -> String {
      try PostgresPrograms.find(serverMajor: major, [:], installed: directory.path).version
    }
    #expect(try find(12) == "13.9")
    #expect(try find(15) == "15.14")
    #expect(try find(16) == "17.2")
    // The same ones once more, as where /bin is a link.
    let path = "\(directory.file("15/bin")):\(directory.file("17/bin"))"
    let error = try #require(throws: BackupError.self) {
      try PostgresPrograms.find(serverMajor: 18, ["PATH": path], installed: directory.path)
    }
    #expect(error.exitCode == .configuration)
    #expect(
      error.findings[0].message
        == "the server is PostgreSQL 18, and pg_dump is of 13.9, 15.14, 17.2")
  }

  @Test func programsThatTheServerCouldNotTakeBackAreRefused() throws {
    let programs = PostgresPrograms(folder: "/", version: "17.2")
    try programs.checkRestores(into: 17)
    let error = try #require(throws: BackupError.self) { try programs.checkRestores(into: 15) }
    #expect(error.exitCode == .refused)
    #expect("\(error.findings[0])".contains("--newer-client"))
  }

  @Test func thePasswordIsNoArgument() throws {
    guard
      case .postgres(let address) = try DatabaseURL(
        "postgres://me:secret@db1:5433,db2/o'rders?sslmode=require")
    else { return }
    let dump = PostgresDump(
      programs: PostgresPrograms(folder: "/bin", version: "15.1"),
      variables: try PostgresVariables.make(address), snapshot: "1-2", database: "o'rders",
      excludedTables: ["\"a\".\"b\""], isSchemaOnly: false, lockWait: .seconds(1),
      hasRolePasswords: false)
    #expect(
      dump.command(.custom).arguments == [
        "--format=custom", "--snapshot=1-2", "--no-password", "--lock-wait-timeout=1000",
        "--exclude-table=\"a\".\"b\"",
      ])
    #expect(dump.command(.globals).arguments.contains("--database=dbname='o\\'rders'"))
    guard case .exactly(let variables) = dump.command(.plain).variables else {
      Issue.record("variables of this process go to a program that runs a script")
      return
    }
    #expect(variables["PGPASSWORD"] == "secret" && variables["PGHOST"] == "db1,db2")
    #expect(variables["PGPORT"] == "5433,5432" && variables["PGSSLMODE"] == "require")
    #expect(variables["PWD"] == nil)
  }

  @Test func progressTellsTheRateAndWhatIsLeft() {
    var progress = BackupProgress(bytes: 30 << 20, expectedBytes: 90 << 20, elapsed: .seconds(3))
    #expect(progress.text == "30.0 MiB of about 90.0 MiB, 10.0 MiB/s, about 6s left")
    progress.expectedBytes = nil
    #expect(progress.text == "30.0 MiB, 10.0 MiB/s")
    #expect(ByteText.format(1023) == "1023 B" && ByteText.format(3 << 40) == "3.0 TiB")
  }
}
