"""Networks: an `Observation` in, a prediction of every pixel out. They know nothing of training or of files."""

from restore.networks.masked_autoencoder import MaskedAutoencoder
from restore.networks.network import Network
from restore.networks.restoration import RestorationNetwork
from restore.networks.unet import UNet

__all__ = ["MaskedAutoencoder", "Network", "RestorationNetwork", "UNet"]
