"""Published configurations, by kind of model. Values are those of `config.json` on each model's page."""
