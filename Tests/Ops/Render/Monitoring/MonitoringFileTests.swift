import JSON
import Testing
import YAML

@testable import Ops

/// Rules and dashboard as the chart has them.
struct MonitoringFileTests {
  @Test func aTextIsFilledWithWhatHoldsForARelease() throws {
    let release = try TestRelease.of("fullnameOverride: web")
    let text = FillableText(#"up{namespace="@namespace@",job="@service@"} of @service@"#)
    #expect(text.filled(for: release) == #"up{namespace="shop",job="web"} of web"#)
    #expect(FillableText("up").isFixed)
  }

  @Test func panelsHaveNumbersOfTheirOwnAndDoNotOverlap() throws {
    let panels = try dashboardPanels()
    let numbers = panels.compactMap { $0["id"]?.number }
    #expect(Set(numbers).count == numbers.count)
    var cells: Set<[Int64]> = []
    // Panels of rows that are folded up lie where what follows them begins.
    for panel in try topPanels() {
      let place = try #require(panel["gridPos"])
      let (x, y) = (try #require(place["x"]?.number), try #require(place["y"]?.number))
      let (width, height) = (try #require(place["w"]?.number), try #require(place["h"]?.number))
      #expect(x + width <= 24)
      for row in y..<y + height {
        for column in x..<x + width {
          #expect(cells.insert([column, row]).inserted)
        }
      }
    }
  }

  @Test func everyPictureSaysWhatItShowsAndInWhichUnit() throws {
    for panel in try dashboardPanels() where panel["type"]?.text != "row" {
      #expect(panel["title"]?.text?.isEmpty == false)
      #expect(panel["description"]?.text?.isEmpty == false)
      #expect(panel["fieldConfig"]?["defaults"]?["unit"]?.text?.isEmpty == false)
      #expect(panel["datasource"]?["uid"]?.text == "${datasource}")
      for target in panel["targets"]?.elements ?? [] {
        #expect(target["expr"]?.text?.contains("$namespace") == true)
        #expect(target["refId"]?.text?.isEmpty == false)
      }
    }
  }

  @Test func whatIsChosenOnTopIsKnownToThePictures() throws {
    let model = try JSONReader.read(Array(Dashboard.text.utf8))
    let names = model["templating"]?["list"]?.elements?.compactMap { $0["name"]?.text }
    #expect(names == ["datasource", "namespace", "service", "pod"])
  }

  /// All panels, those of folded rows as well.
  private func dashboardPanels() throws -> [JSONValue] {
    try topPanels().flatMap { [$0] + ($0["panels"]?.elements ?? []) }
  }

  private func topPanels() throws -> [JSONValue] {
    try #require(JSONReader.read(Array(Dashboard.text.utf8))["panels"]?.elements)
  }
}
