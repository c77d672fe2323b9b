extension ValueType where Value == ImageReference {
  /// An image with the tag or the digest that tells which one it is.
  static var image: Self {
    ValueType(name: "REF", allowed: "REPOSITORY[:TAG][@sha256:DIGEST]") { ImageReference($0) }
  }
}
