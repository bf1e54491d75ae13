"""The settings of a calculator, as its recipe tells them."""

from typing import TYPE_CHECKING, Any

from kerasal._vocabulary import check_constructor, signature_of

if TYPE_CHECKING:
    from typing_extensions import Self


class TellsSettings:
    """Base of what keeps the keywords that it was made with, whatever constructor a subclass has.

    Attributes:
        given_settings: the keywords, without the model.
    """

    given_settings: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> "Self":
        """Keep the settings, of whatever constructor a subclass has, for the recipe."""
        self = super().__new__(cls)
        check_constructor(kwargs, cls)
        signature = signature_of(cls.__init__)
        settings = signature.bind_partial(self, *args, **kwargs).arguments
        for each in signature.parameters.values():
            if each.kind is each.VAR_KEYWORD:
                settings.update(settings.pop(each.name, {}))
        vars(self)["given_settings"] = {
            name: given for name, given in settings.items() if name not in ("self", "model")
        }
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        is_change = name in vars(self) and name in signature_of(type(self).__init__).parameters
        super().__setattr__(name, value)
        if is_change:  # a setting changed before the first use, which the recipe must tell
            vars(self)["given_settings"] = {**self.given_settings, name: value}
