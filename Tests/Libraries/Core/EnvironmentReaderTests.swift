import Core
import Testing

@Suite struct EnvironmentReaderTests {
  private struct NoSuchFile: Error, CustomStringConvertible {
    let description = "No such file or directory"
  }

  private enum Mode: String, CaseIterable { case quick, thorough }

  private func reader(
    _ variables: [String: String], files: [String: String] = [:]
  ) -> EnvironmentReader {
    EnvironmentReader(variables) { path in
      guard let text = files[path] else { throw NoSuchFile() }
      return text
    }
  }

  @Test func everyKindOfValueIsRead() {
    var reader = reader([
      "NAME": "slipway", "PORT": "8080", "TIMEOUT": "5s", "VERBOSE": "Yes", "MODE": "thorough",
    ])
    #expect(reader.text("NAME") == "slipway")
    #expect(reader.integer("PORT", in: 1...65_535, default: 1) == 8080)
    #expect(reader.optionalInteger("PORT", in: 1...65_535) == 8080)
    #expect(reader.duration("TIMEOUT", in: .zero ... .seconds(60), default: .zero) == .seconds(5))
    let verbose = reader.boolean("VERBOSE", default: false)
    #expect(verbose)
    #expect(reader.choice("MODE", default: Mode.quick) == .thorough)
    #expect(reader.problems.isEmpty && reader.warnings.isEmpty)
  }

  @Test func whatIsMissingOrEmptyTakesItsDefault() {
    var reader = reader(["PORT": "", "NAME": "", "NAME_FILE": ""])
    #expect(reader.integer("PORT", in: 1...10, default: 7) == 7)
    #expect(reader.text("NAME", default: "x") == "x")
    #expect(reader.text("OTHER") == nil)
    #expect(reader.settings.map(\.source) == ["default", "default", "default"])
    #expect(reader.settings.map(\.value) == ["7", "x", ""])
  }

  @Test func allWrongValuesAreReportedTogetherAndDefaultsTakeTheirPlace() {
    var reader = reader([
      "PORT": "70000", "TIMEOUT": "5", "VERBOSE": "perhaps", "MODE": "lazy", "COUNT": "1e3",
    ])
    #expect(reader.integer("PORT", in: 1...65_535, default: 8080) == 8080)
    _ = reader.duration("TIMEOUT", in: .seconds(1) ... .seconds(60), default: .seconds(1))
    let verbose = reader.boolean("VERBOSE", default: true)
    #expect(verbose)
    #expect(reader.choice("MODE", default: Mode.quick) == .quick)
    #expect(reader.optionalInteger("COUNT", in: 0...10) == nil)
    #expect(
      reader.problems.map(\.description) == [
        "PORT is '70000'; allowed: a whole number from 1 to 65535",
        "TIMEOUT is '5'; allowed: 1s to 1m, a whole number with a unit: ms, s, m, h or d "
          + "(for example 500ms, 10s)",
        "VERBOSE is 'perhaps'; allowed: true or false",
        "MODE is 'lazy'; allowed: quick, thorough",
        "COUNT is '1e3'; allowed: a whole number from 0 to 10",
      ])
    #expect(reader.settings.isEmpty)
  }

  @Test(arguments: ["hush\n", "hush\r\n", "hush\n\n", "hush"])
  func aFileHoldsTheValueWithoutItsLineEnd(content: String) {
    var reader = reader(["KEY_FILE": "/run/key"], files: ["/run/key": content])
    #expect(reader.secret("KEY")?.reveal() == "hush")
    #expect(reader.settings.map(\.source) == ["/run/key"])
  }

  @Test func aFileThatCanNotBeReadIsAProblemThatNamesVariablePathAndReason() {
    var reader = reader(["KEY_FILE": "/run/none"])
    #expect(reader.secret("KEY") == nil)
    #expect(
      reader.problems.map(\.description) == [
        "KEY_FILE is '/run/none'; allowed: the path of a readable file: No such file or directory"
      ])
  }

  @Test func aWrongValueInAFileIsReportedUnderTheFilesName() {
    var reader = reader(["PORT_FILE": "/run/port"], files: ["/run/port": "many\n"])
    _ = reader.integer("PORT", in: 1...2, default: 1)
    #expect(reader.problems.map(\.name) == ["PORT_FILE"])
  }

  @Test func aValueAndAFileTogetherAreAContradiction() {
    var reader = reader(["NAME": "a", "NAME_FILE": "/run/name"], files: ["/run/name": "b"])
    _ = reader.text("NAME")
    #expect(reader.problems.map(\.allowed) == ["either NAME or NAME_FILE, not both"])
  }

  @Test func anOldNameStillWorksAndIsWarnedOf() {
    var reader = reader(["OLD_NAME": "x"])
    reader.accept("OLD_NAME", for: "NAME")
    #expect(reader.text("NAME") == "x")
    #expect(reader.warnings == ["OLD_NAME is accepted; its new name is NAME"])
    #expect(reader.settings.map(\.name) == ["NAME"])
  }

  @Test func aNewNameWinsOverItsOldOneWithoutAWarning() {
    var reader = reader(["OLD_NAME": "old", "NAME": "new"])
    reader.accept("OLD_NAME", for: "NAME")
    #expect(reader.text("NAME") == "new")
    #expect(reader.warnings.isEmpty)
  }

  @Test func aSecretIsInEffectWithoutBeingShown() {
    var reader = reader(["KEY": "hush"])
    #expect(reader.secret("KEY")?.reveal() == "hush")
    #expect(reader.settings.map(\.value) == ["[redacted]"])
    #expect(!"\(reader.settings)".contains("hush"))
  }

  @Test func problemsThatOnlyTheCallerSeesJoinTheOthers() {
    var reader = reader(["MIN": "x"])
    _ = reader.integer("MIN", in: 0...9, default: 0)
    reader.report(.init(name: "MAX", value: "1", allowed: "no less than MIN"))
    #expect(reader.problems.map(\.name) == ["MIN", "MAX"])
  }
}
