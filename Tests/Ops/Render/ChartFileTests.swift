import POSIX
import TestSupport
import Testing
import YAML

@testable import Ops

/// The files of the chart that are made from its values' type.
struct ChartFileTests {
  static let folder = PlatformTests.root + "/charts/slipway"

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
