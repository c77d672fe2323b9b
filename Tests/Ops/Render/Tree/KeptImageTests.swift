import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct KeptImageTests {
  private let image = RenderSite.repository
  private let staging = "charts/slipway/values/staging.yaml"
  private let production = "charts/slipway/values/production.yaml"

  @Test func theImageIsKeptByEveryLaterRendering() throws {
    let site = try RenderSite()
    site.render("--image", "\(image):7@\(RenderSite.digest)")
    let before = try site.files()
    #expect(site.render().code == .done)
    #expect(try site.files() == before)
    #expect(try site.text(staging).contains("  tag: \"7\"\n  digest: \(RenderSite.digest)\n"))
    #expect(
      try site.text("kustomize/flat/production.yaml").contains(
        "image: \(image):7@\(RenderSite.digest)\n"))
    #expect(site.render("--check").code == .done)
  }

  @Test(arguments: ["7@\(RenderSite.digest)", "2026.1.0-rc.1@\(RenderSite.digest)"])
  func theImageIsKeptWhereTheValuesAreGone(_ tag: String) throws {
    let site = try RenderSite()
    site.render("--image", "\(image):\(tag)")
    let before = try site.files()
    try File.remove(site.path(staging))
    try File.remove(site.path(production))
    #expect(site.render().code == .done)
    #expect(try site.files() == before)
  }

  @Test func noImageStaysNoneWhereTheValuesAreGone() throws {
    let site = try RenderSite()
    site.render()
    let before = try site.files()
    try File.remove(site.path(staging))
    try File.remove(site.path(production))
    #expect(site.render().code == .done)
    #expect(try site.files() == before)
  }

  @Test func anImageThatTellsNotWhichOneItIsIsRefused() throws {
    let result = try RenderSite().render("--env", "staging", "--image", image)
    #expect(result.code == .usage)
    #expect(result.error.contains("with @sha256:DIGEST"))
  }

  @Test func theOverlaySaysHowItGetsAnotherImage() throws {
    let site = try RenderSite()
    site.render()
    let overlay = try site.text("kustomize/overlays/staging/kustomization.yaml")
    #expect(overlay.contains("# Another image comes by `ops render --env staging --image REF`"))
  }

  @Test func aCheckWithAnImageAsksForThatOne() throws {
    let site = try RenderSite()
    site.render("--image", "\(image):7@\(RenderSite.digest)")
    #expect(site.render("--check", "--image", "\(image):7@\(RenderSite.digest)").code == .done)
    #expect(site.render("--check", "--image", "\(image):8@\(RenderSite.digest)").code == .stale)
  }

  @Test func anImageThatIsChangedInOnePlaceAloneFailsTheCheck() throws {
    let site = try RenderSite()
    site.render("--image", "\(image):7@\(RenderSite.digest)")
    try site.edit(staging) { $0.replacing("tag: \"7\"", with: "tag: \"8\"") }
    let result = site.render("--check")
    #expect(result.code == .stale)
    #expect(result.output.contains("differs  kustomize/flat/staging.yaml"))
  }

  @Test func productionTakesNoTagAlone() throws {
    let site = try RenderSite()
    let result = site.render("--image", "\(image):7")
    #expect(result.code == .refused)
    #expect(result.error.contains("production is production, where an image needs its digest"))
    #expect(try File.list(site.directory.path) == ["platform.yaml"])
    #expect(site.render("--env", "staging", "--image", "\(image):7").code == .done)
  }

  @Test func productionWithoutAnImageHasOneThatNothingCanPull() throws {
    let site = try RenderSite()
    #expect(site.render().output.contains("production: no image yet; production takes one by"))
    let values = try site.text(production)
    #expect(!values.contains("tag:") && !values.contains("digest:"))
    #expect(
      try site.text("kustomize/overlays/production/kustomization.yaml").contains(
        "newTag: unpinned\n"))
    #expect(!(try site.text("kustomize/flat/staging.yaml")).contains("unpinned"))
  }

  @Test func anImageOfAnotherRepositoryIsRefused() throws {
    let result = try RenderSite().render("--image", "mirror.example.com/slipway:7")
    #expect(result.code == .refused)
    #expect(result.error.contains("service.image is \(image)"))
  }

  @Test func valuesThatNoLongerTellTheirImageAreNotOverwritten() throws {
    let site = try RenderSite()
    site.render("--image", "\(image)@\(RenderSite.digest)")
    try site.edit(staging) { "\($0)\n>>>>>>> other: [\n" }
    let result = site.render()
    #expect(result.code == .refused)
    #expect(result.error.contains("\(staging):"))
    #expect(result.error.contains("the image that was rendered last cannot be told"))
    #expect(site.render("--check").code == .stale)
    #expect(site.render("--image", "\(image)@\(RenderSite.digest)").code == .done)
    #expect(site.render("--check").code == .done)
  }

  @Test(arguments: [
    ("charts/slipway/values/staging.yaml", "  tag: \"7\"\n", ""),
    ("charts/slipway/values/staging.yaml", "tag: \"7\"", "tag: \"8\""),
    ("kustomize/overlays/staging/kustomization.yaml", "newTag: \"7\"", "newTag: \"8\""),
    ("kustomize/flat/staging.yaml", "slipway:7", "slipway:8"),
  ])
  func anImageThatOneFileAloneNamesIsAskedFor(_ path: String, _ old: String, _ new: String) throws {
    let site = try RenderSite()
    site.render("--env", "staging", "--image", "\(image):7")
    #expect(try site.text(path).contains(old))
    try site.edit(path) { $0.replacing(old, with: new) }
    let before = try site.files()
    let result = site.render()
    #expect(result.code == .refused)
    #expect(result.error.contains("staging: the rendered files do not name one image"))
    #expect(result.error.contains("say which it is with --image"))
    #expect(try site.files() == before)
    #expect(site.render("--check", "--env", "staging").code == .stale)
    #expect(site.render("--env", "staging", "--image", "\(image):7").code == .done)
    #expect(site.render("--check", "--env", "staging").code == .done)
  }

  @Test(arguments: [
    ["charts/slipway/values/staging.yaml"],
    ["charts/slipway/values/staging.yaml", "kustomize/overlays/staging/kustomization.yaml"],
  ])
  func theImageIsKeptWhereFilesAreEmptyOrGone(_ paths: [String]) throws {
    let site = try RenderSite()
    site.render("--image", "\(image):7@\(RenderSite.digest)")
    let before = try site.files()
    for path in paths { try site.edit(path) { _ in "" } }
    #expect(site.render("--check").code == .stale)
    #expect(site.render().code == .done)
    #expect(try site.files() == before)
    for path in paths { try File.remove(site.path(path)) }
    #expect(site.render().code == .done)
    #expect(try site.files() == before)
  }

  @Test func everyEnvironmentThatLostItsImageIsToldAtOnce() throws {
    let site = try RenderSite()
    site.render("--image", "\(image)@\(RenderSite.digest)")
    for values in [staging, production] { try site.edit(values) { "\($0)\n>>>>>>> other: [\n" } }
    let result = site.render()
    #expect(result.code == .refused)
    #expect(result.error.contains("\(staging):") && result.error.contains("\(production):"))
  }
}
