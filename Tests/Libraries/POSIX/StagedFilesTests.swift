import POSIX
import TestSupport
import Testing

@Suite struct StagedFilesTests {
  private let directory = TemporaryDirectory()

  @Test func filesTakeTheirPlacesTogether() throws {
    try File.write(Array("old".utf8), to: directory.file("a"))
    var files = StagedFiles()
    try files.stage(Array("new".utf8), for: directory.file("a"))
    try files.stage(Array("more".utf8), for: directory.file("b"))
    #expect(try File.readText(directory.file("a")) == "old")
    try files.commit()
    #expect(try File.readText(directory.file("a")) == "new")
    #expect(try File.readText(directory.file("b")) == "more")
    #expect(try File.list(directory.path) == ["a", "b"])
  }

  @Test func whatIsNotCommittedLeavesNothingBehind() throws {
    try File.write(Array("old".utf8), to: directory.file("a"))
    try stageAndForget()
    #expect(try File.list(directory.path) == ["a"])
    #expect(try File.readText(directory.file("a")) == "old")
  }

  private func stageAndForget() throws {
    var files = StagedFiles()
    try files.stage(Array("new".utf8), for: directory.file("a"))
    #expect(try File.list(directory.path).count == 2)
  }

  @Test func oneThatCannotBeWrittenLeavesAllAsTheyWere() throws {
    try File.write(Array("old".utf8), to: directory.file("a"))
    let missing = directory.file("missing/b")
    #expect(throws: SystemError("open", missing, code: 2)) {
      var files = StagedFiles()
      try files.stage(Array("new".utf8), for: directory.file("a"))
      try files.stage([], for: missing)
      try files.commit()
    }
    #expect(try File.list(directory.path) == ["a"])
    #expect(try File.readText(directory.file("a")) == "old")
  }

  @Test func whatADeadProcessLeftIsKnownByItsName() {
    // The number is above what the kernel gives.
    #expect(StagedFiles.abandoned("x/values.yaml.4194305.new") == "x/values.yaml")
    #expect(StagedFiles.abandoned("x/values.yaml.\(ProcessInfo.identifier).new") == nil)
    #expect(StagedFiles.abandoned("x/values.yaml.new") == nil)
    #expect(StagedFiles.abandoned("x/values.yaml") == nil)
  }
}
