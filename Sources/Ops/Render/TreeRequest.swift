import POSIX

/// What is to be rendered, as the command line says it.
struct TreeRequest: Sendable {
  /// platform.yaml.
  var file: String
  /// Where the tree is; beside platform.yaml unless given.
  var out: String?
  /// Environments; all where there are none.
  var names: [String]
  var image: ImageReference?
  var printsJSON: Bool

  /// The platform and what of it is asked for.
  func scope(_ context: CommandContext) throws -> (platform: Platform, scope: RenderedTree.Scope) {
    let platform = try Platform.load(context.absolute(file), as: file)
    let chosen = try names.map { try platform.environment($0) }
    let environments = names.isEmpty ? platform.environments : chosen
    return (platform, RenderedTree.Scope(environments: environments, isAll: names.isEmpty))
  }

  /// The tree beside what is on the disk.
  func compare(_ context: CommandContext, isWritten: Bool) throws -> RenderedState {
    let (platform, scope) = try scope(context)
    let tree = try RenderedTree(
      platform, scope, under: root(context), image: images(platform, context, isWritten: isWritten))
    return RenderedState(
      scope: scope, unpinned: tree.unpinned, disk: try TreeOnDisk(tree, under: root(context)))
  }

  /// Which image an environment gets, nil for none yet.
  ///
  /// Only what is written must not lose the image of before; a comparison shows that it is lost.
  func images(
    _ platform: Platform, _ context: CommandContext, isWritten: Bool
  ) -> @Sendable (Environment) throws -> ImageReference? {
    let (service, image, root) = (platform.service, image, root(context))
    return { environment in
      if let image {
        try ImageRefused.check(image, environment, service)
        return image
      }
      do {
        return try KeptImage.read(of: environment.name, service, under: root)
      } catch let disputed as KeptImageDisputed where !isWritten {
        return disputed.kept
      } catch is KeptImageUnreadable where !isWritten {
        return nil
      }
    }
  }

  private func root(_ context: CommandContext) -> String {
    out.map { context.absolute($0) } ?? Path.parent(of: context.absolute(file))
  }
}

/// A tree beside the disk, with the environments that it is of.
struct RenderedState {
  let scope: RenderedTree.Scope
  /// Production environments without an image that can be pulled.
  let unpinned: [String]
  let disk: TreeOnDisk
}
