"""The masked autoencoder: a vision transformer that sees the visible patches and tells what the hidden ones hold."""

from typing import Any

import torch
from jaxtyping import Float
from timm.layers.pos_embed_sincos import apply_keep_indices_nlc, create_rope_embed
from timm.models.eva import Eva, EvaBlock
from torch import Tensor, nn

from restore.fill import push_pull_fill
from restore.networks.encoders import ROPE_TEMPERATURE, build_encoder, pixel_statistics
from restore.networks.network import Network
from restore.networks.patches import SizeRule, VisibleTokens, unpatchify, visible_patches
from restore.observation import Observation


class MaskedAutoencoder(Network):
    """Encoder over the patches that show something, light decoder over all positions, linear head to pixels.

    He et al., "Masked autoencoders are scalable vision learners" (2022, arXiv 2111.06377). Patches that are all hole
    never enter the encoder; at their positions the decoder starts from one learned mask token. Two things are added:
    a patch may be seen in part (the rest of it is filled from its surroundings), and the encoder is told the confidence
    in its pixels. Decoder positions are rotary (Su et al. 2021, arXiv 2104.09864), hence relative.

    Args:
        encoder: `nano`, `tiny`, `small`, `base`, each perhaps with `-absolute` (positions), or the name of any timm
            vision transformer.
        patch_size: Side of a patch in pixels.
        decoder_width: Token width of the decoder, a multiple of 4 times `decoder_heads`.
        decoder_depth: Number of decoder blocks.
        decoder_heads: Attention heads of the decoder.
        encoder_weights: Start of the encoder: `None` random, `published` for timm's weights of that name, or a file.
        head: Whether to predict pixels; without it only `features` is of use.
    """

    def __init__(
        self,
        encoder: str = "tiny",
        patch_size: int = 16,
        decoder_width: int = 128,
        decoder_depth: int = 2,
        decoder_heads: int = 4,
        encoder_weights: str | None = None,
        head: bool = True,
    ) -> None:
        arguments = {
            "encoder": encoder,
            "patch_size": patch_size,
            "decoder_width": decoder_width,
            "decoder_depth": decoder_depth,
            "decoder_heads": decoder_heads,
        }
        super().__init__(arguments, SizeRule(patch_size))
        self.patch_size = patch_size
        self.width = decoder_width

        vit = build_encoder(encoder, patch_size, encoder_weights)
        self.encoder: Any = vit
        mean, std = pixel_statistics(vit)
        self.pixel_mean = nn.Buffer(mean, persistent=False)
        self.pixel_std = nn.Buffer(std, persistent=False)
        width = vit.embed_dim
        self.confidence_embed = nn.Conv2d(1, width, patch_size, stride=patch_size, bias=False)
        nn.init.zeros_(self.confidence_embed.weight)  # published weights start with what they know

        self.decoder_embed = nn.Linear(width, decoder_width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, decoder_width))
        nn.init.normal_(self.mask_token, std=0.02)
        self.decoder_rope: Any = create_rope_embed(
            rope_type="cat",
            dim=decoder_width,
            num_heads=decoder_heads,
            feat_shape=None,
            temperature=ROPE_TEMPERATURE,
            in_pixels=False,
        )
        self.decoder_blocks = nn.ModuleList(
            EvaBlock(decoder_width, decoder_heads, num_prefix_tokens=0) for _ in range(decoder_depth)
        )
        self.decoder_norm = nn.LayerNorm(decoder_width)
        self.head = nn.Linear(decoder_width, 3 * patch_size**2) if head else None

    def predict(self, observation: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 h w"]:  # noqa: ARG002
        """Predict every pixel; only what patches hidden as a whole show is a guess from afar.

        The mean colour is not used: patches are seen as they are.
        """
        assert self.head is not None, "built without a head"
        height, width = observation.degraded.shape[-2:]
        base = push_pull_fill(observation.degraded, observation.hole)
        tokens = self.features(base, observation).flatten(2).transpose(1, 2)
        return unpatchify(self.head(tokens), self.patch_size, height, width).float()

    def features(self, base: Float[Tensor, "n 3 h w"], observation: Observation) -> Float[Tensor, "n d rows columns"]:
        """Decoder tokens of all positions, as a map with one cell a patch.

        Args:
            base: The degraded image with its holes filled; only partly visible patches use the fill.
            observation: Height and width are multiples of the patch size.
        """
        rows, columns = (size // self.patch_size for size in base.shape[-2:])
        visible = VisibleTokens.of(visible_patches(observation.hole, self.patch_size))
        tokens: Tensor = self.decoder_embed(self._encode(base, observation.confidence, visible))
        background = self.mask_token.to(tokens.dtype).expand(tokens.shape[0], rows * columns, -1)
        tokens = visible.scatter(tokens, background)
        rope = self.decoder_rope.get_embed(shape=[rows, columns])
        for block in self.decoder_blocks:
            tokens = block(tokens, rope=rope)
        tokens = self.decoder_norm(tokens)
        # Contiguous, so that no layout has to be guessed where sizes are not known beforehand.
        return tokens.transpose(1, 2).contiguous().view(-1, self.width, rows, columns)

    def _encode(
        self, base: Float[Tensor, "n 3 h w"], confidence: Float[Tensor, "n 1 h w"], visible: VisibleTokens
    ) -> Float[Tensor, "n k d"]:
        encoder = self.encoder
        patches = encoder.patch_embed((base - self.pixel_mean) / self.pixel_std)  # (n, rows, columns, d)
        patches = patches + self.confidence_embed(confidence).permute(0, 2, 3, 1)
        tokens, rope = encoder._pos_embed(patches) if isinstance(encoder, Eva) else (encoder._pos_embed(patches), None)

        prefix = encoder.num_prefix_tokens
        tokens = torch.cat([tokens[:, :prefix], visible.gather(tokens[:, prefix:])], dim=1)
        attention_mask = visible.attention_mask(prefix)
        if rope is not None:
            rope = apply_keep_indices_nlc(tokens, rope, visible.indices)
            rope = rope.transpose(0, 1) if encoder.rope_mixed else rope[:, None]  # each block has its own when mixed

        tokens = encoder.norm_pre(tokens)
        for depth, block in enumerate(encoder.blocks):
            if rope is None:
                tokens = block(tokens, attn_mask=attention_mask)
            else:
                tokens = block(tokens, rope=rope[depth] if encoder.rope_mixed else rope, attn_mask=attention_mask)
        encoded: Tensor = encoder.norm(tokens)[:, prefix:]
        return encoded
