/// The image of an environment, where one is known and where none is.
struct EnvironmentImage {
  /// What stands in the place of a tag where production has no digest: nothing can pull it.
  static let unpinnedTag = "unpinned"

  /// What the values for Helm name; they are refused where production has no digest.
  let written: ImageReference
  /// What the objects name, as nothing else can refuse those.
  let deployed: ImageReference
  /// Whether production has no digest yet.
  let isUnpinned: Bool

  init(_ environment: Environment, _ service: Service, _ image: ImageReference?) {
    let none = ImageReference(repository: service.image)
    isUnpinned = environment.isProduction && image?.digest == nil
    guard isUnpinned else {
      written = image ?? none
      deployed = written
      return
    }
    written = none
    deployed = ImageReference(repository: service.image, tag: Self.unpinnedTag)
  }
}
