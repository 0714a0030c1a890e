"""The network for restoration: far context from the masked autoencoder, fine detail from a convolutional stream."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from restore.errors import UserError
from restore.fill import push_pull_fill
from restore.networks.convolutional import DetailStream, zero
from restore.networks.masked_autoencoder import MaskedAutoencoder
from restore.networks.network import Network
from restore.networks.noise_head import STRIDE, NoiseHead
from restore.networks.patches import SizeRule, unpatchify
from restore.networks.standardisation import CHANNELS, standardise
from restore.observation import Observation


class RestorationNetwork(Network):
    """Push-pull fill plus a learned correction.

    A plain vision transformer relates far-apart patches but has no pixels to work with; a convolutional stream at
    strides 1, 2, 4 and 8 has (as in ViTMatte, Yao et al. 2023, arXiv 2305.15272). The decoder tokens of the masked
    autoencoder are resampled to the coarsest stride and added there through a projection that starts at zero, and so
    does the head: untrained, the network is the classical fill, and the transformer can only add to it. The stream sees
    images without their mean colour and in units of their noise (`restore.networks.standardisation`).

    Args:
        encoder: `nano`, `tiny`, `small`, `base`, each perhaps with `-absolute` (positions), or the name of any timm
            vision transformer.
        patch_size: Side of a patch in pixels, a multiple of the coarsest stride of the detail stream.
        decoder_width: Token width of the decoder.
        decoder_depth: Number of decoder blocks.
        decoder_heads: Attention heads of the decoder.
        widths: Channels of the detail stream at strides 1, 2, 4 …; empty for no such stream, so that the correction
            comes from the decoder tokens alone.
        depths: Residual blocks of the detail stream at each stride, down and again up.
        encoder_weights: Start of the encoder: `None` random, `published` for timm's weights of that name, or a file.
        noise_widths: Channels of a `NoiseHead`, at strides 2, 4 and 8; empty for a network that has to be told sigma.
    """

    def __init__(
        self,
        encoder: str = "tiny",
        patch_size: int = 16,
        decoder_width: int = 128,
        decoder_depth: int = 2,
        decoder_heads: int = 4,
        widths: Sequence[int] = (32, 64, 96, 128),
        depths: Sequence[int] = (1, 2, 2, 2),
        encoder_weights: str | None = None,
        noise_widths: Sequence[int] = (),
    ) -> None:
        autoencoder = MaskedAutoencoder(
            encoder, patch_size, decoder_width, decoder_depth, decoder_heads, encoder_weights, head=False
        )
        arguments = {**autoencoder.arguments, "widths": list(widths), "depths": list(depths)}
        if noise_widths:  # files of networks without are those of earlier versions
            arguments["noise_widths"] = list(noise_widths)
        if noise_widths and patch_size % STRIDE:
            raise UserError(f"patch size {patch_size} is not a multiple of {STRIDE}, the stride of the noise head")
        super().__init__(arguments, SizeRule(patch_size))
        self.noise_head = NoiseHead(noise_widths) if noise_widths else None
        self.autoencoder = autoencoder
        self.detail = DetailStream(CHANNELS, widths, depths) if widths else None
        if self.detail is None:
            if depths:
                raise UserError(f"depths {list(depths)} are those of a detail stream, which has no widths")
            self.head: nn.Module = zero(nn.Linear(decoder_width, 3 * patch_size**2))
            return
        if patch_size % self.detail.stride:
            raise UserError(f"patch size {patch_size} is not a multiple of the coarsest stride {self.detail.stride}")
        self.context = zero(nn.Conv2d(decoder_width, widths[-1], 1))
        self.head = zero(nn.Conv2d(widths[0], 3, 3, padding=1))

    @property
    def tells_noise(self) -> bool:
        """Whether it has a noise head."""
        return self.noise_head is not None

    def log_sigma(self, observation: Observation) -> Float[Tensor, "n 1 hh ww"]:
        """The level that the noise head tells, from the pixels and the holes alone."""
        if self.noise_head is None:
            return super().log_sigma(observation)
        hole = observation.hole
        level: Tensor = self.noise_head(push_pull_fill(observation.degraded, hole), hole.to(observation.degraded.dtype))
        return level

    def predict(self, observation: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 h w"]:
        """Correct the push-pull fill."""
        base = push_pull_fill(observation.degraded, observation.hole)
        tokens = self.autoencoder.features(base, observation)
        if self.detail is None:
            patches = self.head(tokens.flatten(2).transpose(1, 2))
            return base + unpatchify(patches, self.autoencoder.patch_size, *base.shape[-2:]).float()
        context = self.context(tokens)
        scale = self.autoencoder.patch_size / self.detail.stride
        context = functional.interpolate(context, scale_factor=scale, mode="bilinear", align_corners=False)
        channels, unit = standardise(base, observation, mean)
        correction: Tensor = self.head(self.detail(channels, context))
        return base + unit * correction.float()
