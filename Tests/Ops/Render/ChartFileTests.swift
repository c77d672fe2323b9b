import POSIX
import TestSupport
import Testing
import YAML

@testable import Ops

/// The files of the chart that are made from its values' type.
struct ChartFileTests {
  static let folder = PlatformTests.root + "/charts/slipway"

  @Test func theCommittedDefaultsAreWhatTheTypeSays() throws {
    let repository = try PlatformTests.committed().service.image
    let text = ChartDefaults(repository: repository).text
    #expect(try GoldenText.difference(text, ChartDefaults.fileName, in: Self.folder) == nil)
  }

  @Test func theCommittedSchemaIsWhatTheTypeSays() throws {
    let text = ChartSchema.text
    #expect(try GoldenText.difference(text, ChartSchema.fileName, in: Self.folder) == nil)
  }

  @Test func theCommittedTableIsWhatTheTypeSays() throws {
    let readme = try File.readText("\(Self.folder)/\(ChartReadme.fileName)")
    let repository = try PlatformTests.committed().service.image
    let text = try ChartReadme.withTable(readme, repository: repository)
    #expect(try GoldenText.difference(text, ChartReadme.fileName, in: Self.folder) == nil)
  }

  @Test func theChartHasTheVersionOfThisRelease() throws {
    let chart = try File.readText("\(Self.folder)/\(ChartVersion.fileName)")
    #expect(ChartVersion.inserted(in: chart) == chart)
    #expect(
      ChartVersion.inserted(in: "a: 1\nversion: 1\nappVersion: 2\n  version: 3\n")
        == ChartVersion.inserted(in: "a: 1\nversion: x\nappVersion: y\n  version: 3\n"))
  }

  @Test func theDefaultsAreReadAsTheDefaults() throws {
    let defaults = ChartDefaults(repository: "example/slipway")
    #expect(try YAMLReader.read(defaults.text) == defaults.node)
    let alone: YAMLNode = ["image": ["repository": "example/slipway"]]
    #expect(
      try ChartValues(defaults.node, file: "values.yaml") == ChartValues(alone, file: "x"))
  }

  @Test func aReadmeWithoutItsMarkersIsRefused() {
    for text in ["", ChartReadme.end + "\n" + ChartReadme.begin + "\n"] {
      #expect(throws: ChartReadme.NoPlace.self) { try ChartReadme.withTable(text, repository: "x") }
    }
  }
}
